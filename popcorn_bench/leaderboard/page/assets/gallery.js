/** The gallery: every answer to one query, chosen by the address. */
let gallery = null;
let media = null;
let texts = null;
const MANY = 12;

async function openGallery() {
  if (gallery) return;
  media = JSON.parse(byId('d-media').textContent);
  const read = await unpack('d-gallery');
  const files = read.clips.map((clip) => clip[2]).filter(Boolean);
  media.bare = new Set(media.bare.map((i) => files[i]));
  read.coverOf = new Map(read.covers);
  read.briefsOf = read.queries.map(() => []);
  read.briefs.forEach((brief, at) => read.briefsOf[brief[0]]?.push(at));
  read.clipsOf = new Map();
  for (const clip of read.clips) read.clipsOf.set(clip[0], [...(read.clipsOf.get(clip[0]) || []), clip]);
  gallery = read;
  fillChoices();
  listen();
  showQuery();
  openSamples();
}

const queryKey = (query) => `${gallery.tasks[query[0]]}/${query[1]}`;

function fillChoices() {
  for (const [id, names] of [['g-llm', gallery.llms], ['g-video', gallery.videos], ['g-mode', gallery.modes]]) {
    const box = byId(id);
    box.append(...names.map((name, i) => el('option', { value: i }, name)));
    box.parentElement.hidden = names.length < 2;
  }
  fillQueries();
}

/** The queries that have answers and hold the words. */
function fillQueries() {
  const words = plain(byId('g-find').value).split(/\s+/).filter(Boolean);
  const kept = gallery.queries.map((query, i) => [query, i]).filter(([query, i]) => gallery.briefsOf[i].length && words.every((word) => plain(query.slice(1).join(' ')).includes(word)));
  byId('g-query').replaceChildren(...kept.map(([query, i]) => el('option', { value: i }, `${query[2]} (${query[3]}, ${query[4]})`)));
  const wanted = kept.find(([query]) => queryKey(query) === state.q);
  if (wanted) byId('g-query').value = wanted[1];
}

function listen() {
  const show = () => {
    const query = gallery.queries[byId('g-query').value];
    writeState({ q: query ? queryKey(query) : '', llm: byId('g-llm').value, video: byId('g-video').value, prompting: byId('g-mode').value });
    showQuery();
  };
  const step = (by) => () => {
    const box = byId('g-query');
    box.selectedIndex = (box.selectedIndex + by + box.length) % box.length;
    show();
  };
  byId('g-find').addEventListener('input', settled(80, () => { fillQueries(); show(); }));
  for (const id of ['g-query', 'g-llm', 'g-video', 'g-mode']) byId(id).addEventListener('change', show);
  byId('g-prev').addEventListener('click', step(-1));
  byId('g-next').addEventListener('click', step(1));
}

function syncGallery() {
  const at = gallery.queries.findIndex((query) => queryKey(query) === state.q);
  if (at >= 0) byId('g-query').value = at;
  byId('g-llm').value = state.llm || '';
  byId('g-video').value = state.video || '';
  byId('g-mode').value = state.prompting || '';
}

function showQuery() {
  syncGallery();
  const at = Number(byId('g-query').value);
  const query = gallery.queries[at];
  if (!byId('g-query').value || !query) { byId('g-cards').replaceChildren(); byId('g-about').textContent = 'No such query.'; return; }
  const wanted = (id, value) => byId(id).value === '' || Number(byId(id).value) === value;
  const briefs = gallery.briefsOf[at].filter((i) => wanted('g-llm', gallery.briefs[i][1]) && wanted('g-mode', gallery.briefs[i][2]));
  const makers = briefs.flatMap((i) => {
    const clips = (gallery.clipsOf.get(i) || []).filter((clip) => wanted('g-video', clip[1]));
    const shown = clips.length ? clips : byId('g-video').value === '' ? [null] : [];
    return shown.map((clip) => () => cardOf(i, clip));
  });
  byId('g-cards').replaceChildren();
  addCards(makers);
  byId('g-about').textContent = `“${query[2]}”: ${query[3]}, ${query[4]}, ${gallery.tasks[query[0]]} ${query[1]}. ${makers.length} ${makers.length === 1 ? 'answer' : 'answers'}.`;
}

/** A screenful of cards, and a button for the next. */
function addCards(makers) {
  const cards = makers.slice(0, MANY).map((make) => make());
  byId('g-cards').append(...cards);
  for (const card of cards) for (const video of card.querySelectorAll('video')) unseen.observe(video);
  const left = makers.slice(MANY);
  byId('g-more').hidden = !left.length;
  byId('g-more').textContent = `Show ${Math.min(MANY, left.length)} more of ${left.length}`;
  byId('g-more').onclick = () => { addCards(left); };
}

/** A clip gets its poster, or without one its first frame, once it comes into view. */
const unseen = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    unseen.unobserve(target);
    if (target.dataset.poster) target.poster = target.dataset.poster;
    else target.preload = 'metadata';
  }
}, { rootMargin: '300px' });
