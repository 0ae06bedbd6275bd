/** The views and filters of the board. */
const boards = [];
const CHOICES = { 'f-task': 'task', 'f-metric': 'metric', 'f-part': 'part', 'f-mode': 'mode', 'f-family': 'family' };
const EXTRA = ['heat', 'uplift'];
const views = () => [...document.querySelectorAll('[data-tab]')].map((tab) => tab.dataset.tab);

function current() {
  const own = boards.filter((board) => board.data.view === state.view);
  const inTask = own.filter((board) => board.data.task === state.task);
  const among = inTask.length ? inTask : own;
  return among.find((board) => board.data.metric === state.metric) || among[0] || null;
}

function setOptions(box, options, chosen) {
  box.replaceChildren(...options.map(([value, said]) => el('option', { value, selected: value === chosen }, said)));
}

/** Offer what there is for the view and task; `part` addresses slices. */
function fillFilters(board) {
  const own = boards.filter((one) => one.data.view === state.view && one.data.task === board.data.task);
  setOptions(byId('f-metric'), own.map((one) => [one.data.metric, one.data.metric]), board.data.metric);
  byId('f-task').value = board.data.task;
  const parts = [...new Set(Object.keys(board.data.slices).map((key) => key.slice(0, key.lastIndexOf('|'))))].filter(Boolean);
  if (!parts.includes(state.part)) state.part = '';
  setOptions(byId('f-part'), [['', 'all'], ...parts.map((part) => [part, part.replace(':', ': ')])], state.part);
  byId('f-part').parentElement.hidden = !parts.length;
  byId('f-task').parentElement.hidden = byId('f-task').length < 2;
  for (const [id, field] of Object.entries(CHOICES)) if (byId(id)) byId(id).value = state[field] || (field === 'metric' ? board.data.metric : field === 'task' ? board.data.task : '');
  if (document.activeElement !== byId('f-find')) byId('f-find').value = state.find || '';
}

function render() {
  const names = views();
  if (!names.includes(state.view)) state.view = names[0];
  for (const tab of document.querySelectorAll('[data-tab]')) {
    const own = tab.dataset.tab === state.view;
    tab.setAttribute('aria-selected', String(own));
    tab.tabIndex = own ? 0 : -1;
  }
  const extra = EXTRA.includes(state.view);
  const board = extra ? null : current();
  for (const section of document.querySelectorAll('#boards > [data-view]')) {
    section.hidden = extra ? section.dataset.view !== state.view : section !== board?.section;
  }
  byId('filters').hidden = extra;
  byId('status').hidden = extra;
  if (board) showBoard(board);
}

function showBoard(board) {
  Object.assign(state, { task: board.data.task, metric: board.data.metric });
  fillFilters(board);
  applySlice(board);
  const count = board.filter();
  sortBoard(board);
  showPicks();
  const part = state.part ? ` on ${state.part.replace(':', ' ')} queries` : '';
  const unranked = state.part.startsWith('topic') ? ' A topic has too few queries to rank.' : '';
  const cells = board.data.view === 'cell' && (state.part || state.mode) && !unranked ? (state.part ? ' Pairs are ranked over all queries only.' : ' Ranks are among all modes.') : '';
  const finding = board.section.querySelector('.finding');
  if (finding) finding.hidden = Boolean(board.slice && board.slice !== '|');
  byId('status').textContent = `${whole(count)} of ${whole(board.rows.length)} rows${part}.${unranked}${cells}`;
}

function startBoards(data) {
  boards.push(...data.map((one) => new Board(one)));
  const again = () => { writeState({}); render(); };
  boards.forEach((board) => makeSortable(board, again));
  for (const [id, field] of Object.entries(CHOICES)) byId(id)?.addEventListener('change', (event) => { writeState({ [field]: event.target.value }, true); again(); });
  byId('f-find').addEventListener('input', settled(60, () => { writeState({ find: byId('f-find').value }); render(); }));
  const tabs = [...document.querySelectorAll('[data-tab]')];
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => { writeState({ view: tab.dataset.tab, rows: '', sort: '' }, true); byId('comparison').hidden = true; again(); });
    tab.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) { const next = tabs[(i + by + tabs.length) % tabs.length]; next.focus(); next.click(); }
    });
  });
  byId('a-csv').addEventListener('click', () => { const board = current(); download(`${board.data.id}.csv`, boardCsv(board)); });
  byId('a-link').addEventListener('click', (event) => copyLink(event.target));
  byId('a-reset').addEventListener('click', () => { writeState(Object.fromEntries(FIELDS.filter((f) => f !== 'view').map((f) => [f, ''])), true); byId('comparison').hidden = true; render(); });
  byId('a-compare').addEventListener('click', () => { drawComparison(); byId('comparison').hidden = false; byId('h-comparison').focus(); });
  if (picked().length > 1) { state.view ||= views()[0]; drawComparison(); byId('comparison').hidden = false; }
  render();
}

function startTheme() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
  const button = byId('theme');
  const say = () => { button.setAttribute('aria-pressed', String(dark())); };
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('popcorn-theme', root.dataset.theme); } catch { /* kept for this visit */ }
    say();
  });
  say();
}

/** A table or plot that is addressed by name must be in view. */
function follow() {
  const at = location.hash.slice(1);
  const section = at && !at.includes('=') && byId(at)?.closest('[data-view]');
  if (!section) return;
  const board = boards.find((one) => one.section === section);
  Object.assign(state, { view: section.dataset.view, ...(board && { task: board.data.task, metric: board.data.metric }) });
  render();
  byId(at).scrollIntoView();
}

async function start() {
  readState();
  document.querySelectorAll('.live').forEach((part) => { part.hidden = false; });
  startTheme();
  if (byId('bar')) startBoards(await unpack('d-board'));
  follow();
  document.documentElement.dataset.ready = 'board';
  if (!byId('d-gallery')) return;
  const open = async () => {
    await openGallery();
    document.documentElement.dataset.ready = 'all';
    if (state.q) byId('gallery').scrollIntoView();
  };
  if (state.q) await open();
  else {
    const near = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) { near.disconnect(); open(); } }, { rootMargin: '1200px' });
    near.observe(byId('gallery'));
  }
  addEventListener('hashchange', async () => {
    readState();
    if (byId('bar')) render();
    follow();
    if (state.q) { await open(); showQuery(); byId('gallery').scrollIntoView(); }
  });
}

start();
