/** One table of the page with its data: rows by index, as the server wrote them. */
class Board {
  constructor(data) {
    this.data = data;
    this.section = document.querySelector(`[data-panel-of="${CSS.escape(data.id)}"]`);
    this.table = this.section.querySelector('table');
    this.body = this.table.tBodies[0];
    this.rows = [...this.body.querySelectorAll('tr[data-i]')];
    this.rows.forEach((row) => { row.at = Number(row.dataset.i); });
    this.order = this.rows.map((_, i) => i);
    this.numbers = data.numbers;
    this.addPicks();
  }

  /** A box per row, for the comparison. */
  addPicks() {
    const head = this.table.tHead.rows[0];
    head.prepend(el('th', { scope: 'col', role: 'columnheader', class: 'pick' }, el('span', { class: 'hide' }, 'Compare')));
    for (const row of this.rows) {
      const box = el('input', { type: 'checkbox', 'aria-label': `Compare ${this.name(row.at)}` });
      box.addEventListener('change', () => togglePick(this, row.at, box));
      row.prepend(el('td', { role: 'cell', class: 'pick' }, box));
    }
    this.body.querySelectorAll('tr.human').forEach((row) => row.prepend(el('td', { role: 'cell', class: 'pick empty' })));
  }

  name(i) { return this.data.rows[i].slice(0, 4).filter(Boolean).join(', '); }

  text(i) { return plain([...this.data.rows[i].slice(0, 5), ...this.data.rows[i][5]].filter(Boolean).join(' ')); }

  /** Whether the filters keep a row. */
  keeps(i) {
    const row = this.data.rows[i];
    if (!this.numbers[i]) return false;
    if (state.mode && row[2] && row[2] !== state.mode) return false;
    if (state.family && row[4] !== state.family) return false;
    return !state.find || plain(state.find).split(/\s+/).every((word) => this.text(i).includes(word));
  }

  get shown() { return this.order.filter((i) => !this.rows[i].hidden); }

  filter() {
    let count = 0;
    for (const row of this.rows) {
      const kept = this.keeps(row.at);
      if (row.hidden === kept) row.hidden = !kept;
      count += kept;
    }
    return count;
  }
}
