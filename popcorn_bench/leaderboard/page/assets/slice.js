/** The numbers of a part of the queries or of one mode, put into the table of the whole. */
function applySlice(board) {
  const mode = board.data.dims.includes('mode') ? '' : state.mode || '';
  const key = `${state.part || ''}|${mode}`;
  const slice = board.data.slices[key];
  const wanted = key === '|' || !slice ? '|' : key;
  if (board.slice === wanted || (!board.slice && wanted === '|')) return;
  board.slice = wanted;
  board.numbers = slice ? slice.rows : board.data.numbers;
  const human = slice ? slice.human : board.data.human;
  const scale = scaleOf(board.numbers, human);
  for (const row of board.rows) if (board.numbers[row.at]) fillRow(board, row, board.numbers[row.at], scale, human);
  fillHuman(board, human, scale);
  const ends = board.table.querySelectorAll('.axis span');
  ends[0].textContent = number(scale.low, board.data.decimals);
  ends[2].textContent = number(scale.high, board.data.decimals);
}

function scaleOf(numbers, human) {
  const ends = [...numbers.filter(Boolean), human].filter(Boolean).flatMap((n) => n.slice(0, 3)).filter((v) => v != null);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

const place = (scale, value) => `${(4 + 92 * (scale.high > scale.low ? (value - scale.low) / (scale.high - scale.low) : 0.5)).toFixed(1)}%`;

function fillRow(board, row, [mean, low, high, pct, scored, planned, failed, first, last, cost], scale, human) {
  const set = (name, text) => { const cell = row.querySelector(`td.${name}`); if (cell) cell.textContent = text; };
  set('rank', first == null ? NOTHING : first === last ? String(first) : `${first}–${last}`);
  set('score', withMargin(board, mean, high));
  set('pct', pct == null ? NOTHING : String(Math.round(pct)));
  set('scored', `${whole(scored)}/${whole(planned)}`);
  set('failed', percent(planned ? failed / planned : null));
  set('cost', cost == null || !scored ? (cost == null ? 'unknown' : NOTHING) : money(cost / scored));
  row.classList.toggle('first', first === 1);
  drawWhisker(board, row, mean, low, high, scale, human);
}

function withMargin(board, mean, high) {
  const d = board.data.decimals;
  return high == null || mean == null ? number(mean, d) : `${number(mean, d)} ±${number(high - mean, d)}`;
}

function drawWhisker(board, row, mean, low, high, scale, human) {
  const cell = row.querySelector('td.whisker');
  const svg = cell.querySelector('svg');
  if (!svg) return;
  svg.toggleAttribute('hidden', mean == null);
  if (mean == null) return;
  const line = svg.querySelector('line:not(.ref)');
  const reference = svg.querySelector('line.ref');
  line.setAttribute('x1', place(scale, low ?? mean));
  line.setAttribute('x2', place(scale, high ?? mean));
  svg.querySelector('circle').setAttribute('cx', place(scale, mean));
  svg.setAttribute('aria-label', withMargin(board, mean, high));
  if (reference && human) for (const end of ['x1', 'x2']) reference.setAttribute(end, place(scale, human[0]));
}

function fillHuman(board, human, scale) {
  const rows = board.body.querySelectorAll('tr.human');
  rows.forEach((row) => { row.hidden = !human; });
  if (!human || rows.length !== 1) return;
  rows[0].querySelector('td.score').textContent = withMargin(board, human[0], human[2]);
  rows[0].querySelector('td.scored').textContent = whole(human[3]);
  drawWhisker(board, rows[0], human[0], human[1], human[2], scale, null);
}
