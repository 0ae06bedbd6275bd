/** What is shown, as it stands in the address: `#view=llm&metric=popularity`. */
const state = {};
const FIELDS = ['view', 'task', 'metric', 'part', 'mode', 'family', 'find', 'sort', 'rows', 'q', 'llm', 'video', 'prompting'];

function readState() {
  for (const field of FIELDS) delete state[field];
  const hash = location.hash.slice(1);
  if (!hash.includes('=')) return;
  for (const [field, value] of new URLSearchParams(hash)) if (FIELDS.includes(field)) state[field] = value;
}

/** Into the address; a `step` is one that the back button undoes. */
function writeState(changes, step = false) {
  Object.assign(state, changes);
  const kept = FIELDS.filter((field) => state[field]).map((field) => [field, state[field]]);
  const hash = new URLSearchParams(kept).toString();
  const address = hash ? `#${hash}` : location.pathname + location.search;
  history[step ? 'pushState' : 'replaceState'](null, '', address);
}
