/** Every sample in one list: searched and sorted in memory, fifty on the page. */
const PAGE = 50;
const list = { rows: [], shown: [], page: 0, sort: 'query', down: false };
const LIST = { query: 'Query', llm: 'LLM', video: 'Generator', mode: 'Mode', title: 'Title', score: 'Score' };

function openSamples() {
  list.rows = gallery.briefs.flatMap((brief, at) => (gallery.clipsOf.get(at) || [null]).map((clip) => sampleRow(brief, at, clip)));
  byId('s-metric').append(...gallery.metrics.map((name, i) => el('option', { value: i }, name)));
  byId('s-find').addEventListener('input', settled(80, findSamples));
  byId('s-metric').addEventListener('change', findSamples);
  byId('s-prev').addEventListener('click', () => turn(-1));
  byId('s-next').addEventListener('click', () => turn(1));
  byId('s-csv').addEventListener('click', () => download('samples.csv', samplesCsv()));
  const heads = Object.entries(LIST).map(([column, said]) => {
    const button = el('button', { type: 'button', class: 'sort' }, said);
    button.addEventListener('click', () => { list.down = list.sort === column && !list.down; list.sort = column; findSamples(); });
    return el('th', { scope: 'col', 'data-sort': column, class: column === 'score' ? 'num' : false }, button);
  });
  byId('s-table').tHead.replaceChildren(el('tr', {}, ...heads));
  findSamples();
}

function sampleRow(brief, at, clip) {
  const query = gallery.queries[brief[0]] || [0, '', '', '', ''];
  const row = { at, clip, query: query[2], llm: gallery.llms[brief[1]], video: clip ? gallery.videos[clip[1]] : '', mode: gallery.modes[brief[2]], title: brief[3], key: queryKey(query) };
  row.words = plain(`${row.query} ${row.llm} ${row.video} ${row.mode} ${row.title} ${query[3]} ${query[4]}`);
  row.scores = new Map([...brief[5], ...(clip ? clip[3] : [])].map(([metric, value]) => [metric, value]));
  return row;
}

const collator = new Intl.Collator('en', { numeric: true });

function findSamples() {
  const words = plain(byId('s-find').value).split(/\s+/).filter(Boolean);
  const metric = Number(byId('s-metric').value);
  const found = list.rows.filter((row) => words.every((word) => row.words.includes(word)));
  const value = list.sort === 'score' ? (row) => row.scores.get(metric) : (row) => row[list.sort];
  const sign = list.down ? -1 : 1;
  const compare = list.sort === 'score' ? (a, b) => (a == null) - (b == null) || sign * (a - b) : (a, b) => sign * collator.compare(a, b);
  list.shown = found.sort((a, b) => compare(value(a), value(b)));
  list.page = 0;
  drawSamples();
}

function turn(by) {
  const last = Math.max(0, Math.ceil(list.shown.length / PAGE) - 1);
  list.page = Math.min(last, Math.max(0, list.page + by));
  drawSamples();
}

function drawSamples() {
  const metric = Number(byId('s-metric').value);
  const from = list.page * PAGE;
  byId('s-table').tBodies[0].replaceChildren(...list.shown.slice(from, from + PAGE).map((row) => drawSample(row, metric)));
  byId('s-count').textContent = `${whole(list.shown.length)} of ${whole(list.rows.length)} samples`;
  byId('s-page').textContent = list.shown.length ? `${whole(from + 1)} to ${whole(Math.min(from + PAGE, list.shown.length))}` : '';
  for (const head of byId('s-table').tHead.querySelectorAll('[data-sort]')) {
    if (head.dataset.sort === list.sort) head.setAttribute('aria-sort', list.down ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
}

function drawSample(row, metric) {
  const score = row.scores.get(metric);
  const link = el('a', { href: `#${new URLSearchParams({ q: row.key })}` }, row.query);
  const cells = [row.llm, row.video || NOTHING, row.mode, row.title].map((text) => el('td', {}, text));
  return el('tr', {}, el('th', { scope: 'row' }, link), ...cells, el('td', { class: 'num' }, score == null ? NOTHING : String(Number(score.toPrecision(4)))));
}

function samplesCsv() {
  const heads = ['task_query', 'query', 'llm', 'video', 'mode', 'title', ...gallery.metrics];
  return [heads, ...list.shown.map((row) => [row.key, row.query, row.llm, row.video, row.mode, row.title, ...gallery.metrics.map((_, i) => row.scores.get(i) ?? null)])];
}
