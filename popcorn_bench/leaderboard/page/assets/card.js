/** One card of the gallery: a title, a cover, a clip, its scores, and all that led to it. */
function hrefOf(file) {
  return media.base ? `${media.base}/${file.slice(0, 2)}/${file}` : '';
}

const posterOf = (file) => media.painted[file] || (media.pictures && !media.bare.has(file) ? `${media.pictures}/${file.split('.')[0]}.webp` : null);

function scoreLine(scores) {
  return scores.map(([metric, value, low, high]) => {
    const bounds = low == null ? '' : ` (${Number(low.toPrecision(3))} to ${Number(high.toPrecision(3))})`;
    return `${gallery.metrics[metric]} ${Number(value.toPrecision(3))}${bounds}`;
  }).join(' · ');
}

function clipOf(clip) {
  const [, video, file, , width, height] = clip;
  const source = media.inside[file] || (file && hrefOf(file));
  if (!source) return el('p', { class: 'noclip' }, 'clip not linked');
  return el('video', {
    controls: true, muted: true, playsinline: true, loop: true, preload: 'none', src: source, width: width || 480, height: height || 480,
    'data-poster': posterOf(file), 'aria-label': `Clip by ${gallery.videos[video]}`,
  });
}

function cardOf(at, clip) {
  const brief = gallery.briefs[at];
  const [, llm, mode, title, breaches, scores] = brief;
  const cover = gallery.coverOf.get(at);
  const who = [gallery.llms[llm], clip && gallery.videos[clip[1]], gallery.modes.length > 1 && gallery.modes[mode]].filter(Boolean).join(' · ');
  const lines = [scoreLine(clip ? clip[3] : []), scoreLine(scores)].filter(Boolean);
  return el('article', { class: 'sample' },
    clip ? clipOf(clip) : null,
    el('h3', {}, title || 'no title'),
    el('p', { class: 'who' }, who),
    ...lines.map((line) => el('p', { class: 'figures' }, line)),
    breaches.length ? el('p', {}, ...breaches.map((name) => el('span', { class: 'tag' }, name.replaceAll('_', ' ')))) : null,
    cover && media.base ? el('img', { src: hrefOf(cover), alt: 'Cover', loading: 'lazy', class: 'cover' }) : null,
    detailsOf(at, clip));
}

/** The full prompts and the answer, read when they are asked for. */
function detailsOf(at, clip) {
  const box = el('details', {}, el('summary', {}, 'Prompts, answer, provenance'));
  box.addEventListener('toggle', async () => {
    if (!box.open || box.childElementCount > 1) return;
    texts ??= unpack('d-texts');
    const found = (await texts)[at];
    box.append(found ? el('dl', {}, ...entriesOf(found, clip)) : el('p', {}, 'Left out of the page to keep it small; see results export.'));
  });
  return box;
}

function entriesOf([cover, video, raw, reasoning, run, key, done, asked, answered, cost], clip) {
  const made = clip && [`${clip[4]}×${clip[5]}`, clip[6] && `${clip[6]} s long`, clip[7] && `made in ${clip[7]} s`, clip[8] && `run ${clip[8]}`, clip[2]].filter(Boolean).join(', ');
  const paid = [`${asked ?? 0} + ${answered ?? 0} tokens`, money(cost), run && `run ${run}`, done, key && `key ${key.slice(0, 16)}`].filter(Boolean).join(', ');
  const parts = [['Video prompt', video], ['Cover prompt', cover], ['Answer as it came', raw], ['Reasoning', reasoning], ['Brief', paid], ['Clip', made]];
  return parts.filter(([, text]) => text).flatMap(([name, text]) => [el('dt', {}, name), el('dd', {}, text)]);
}
