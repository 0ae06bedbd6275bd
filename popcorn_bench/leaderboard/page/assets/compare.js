/** Up to four rows side by side over every metric of the view. */
const MOST = 4;
const picked = () => (state.rows ? state.rows.split('~').slice(0, MOST) : []);

function togglePick(board, i, box) {
  const key = rowKey(board, i);
  const kept = picked().filter((one) => one !== key);
  if (box.checked && kept.length < MOST) kept.push(key);
  writeState({ rows: kept.join('~') });
  showPicks();
}

const rowKey = (board, i) => board.data.rows[i].slice(0, 4).map((name) => encodeURIComponent(name ?? '')).join('!');

function showPicks() {
  const keys = picked();
  for (const board of boards) {
    for (const row of board.rows) {
      const box = row.querySelector('.pick input');
      box.checked = board.data.view === state.view && keys.includes(rowKey(board, row.at));
      box.disabled = !box.checked && keys.length >= MOST;
    }
  }
  const button = byId('a-compare');
  button.disabled = keys.length < 2;
  button.textContent = keys.length ? `Compare ${keys.length}` : 'Compare';
  if (keys.length < 2) byId('comparison').hidden = true;
  else if (!byId('comparison').hidden) drawComparison();
}

function drawComparison() {
  const keys = picked();
  const own = boards.filter((board) => board.data.view === state.view);
  const names = keys.map((key) => key.split('!').map(decodeURIComponent).filter(Boolean).join(', '));
  const head = el('tr', {}, el('th', { scope: 'col' }, 'Metric'), ...names.map((name) => el('th', { scope: 'col' }, name)));
  const body = own.map((board) => comparedRow(board, keys)).filter(Boolean);
  byId('c-table').replaceChildren(el('table', { class: 'compared' }, el('caption', {}, 'Rows side by side'), el('thead', {}, head), el('tbody', {}, ...body)));
}

function comparedRow(board, keys) {
  const found = keys.map((key) => board.data.rows.findIndex((_, i) => rowKey(board, i) === key));
  if (found.every((i) => i < 0)) return null;
  const cells = found.map((i) => comparedCell(board, i));
  return el('tr', {}, el('th', { scope: 'row' }, board.data.metric, el('span', { class: 'dim' }, ` ${board.data.task}`)), ...cells);
}

function comparedCell(board, i) {
  const n = i < 0 ? null : board.numbers[i];
  if (!n) return el('td', {}, NOTHING);
  const rank = n[7] == null ? 'not ranked' : n[7] === n[8] ? `rank ${n[7]}` : `rank ${n[7]}–${n[8]}`;
  const facts = [rank, n[3] == null ? null : `human ${Math.round(n[3])}`, `failed ${percent(n[5] ? n[6] / n[5] : null)}`, n[9] == null || !n[4] ? null : `${money(n[9] / n[4])} each`];
  return el('td', {}, el('strong', {}, withMargin(board, n[0], n[2])), el('br'), el('span', { class: 'dim' }, facts.filter(Boolean).join(' · ')));
}
