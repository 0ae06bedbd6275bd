const NOTHING = '–';
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text, never markup. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Data of the page: base64 of gzip of JSON. */
async function unpack(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

const number = (value, decimals) => (value == null ? NOTHING : value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
const whole = (value) => value.toLocaleString('en-US');

function percent(share) {
  if (share == null) return NOTHING;
  return share === 0 || share === 1 ? `${share * 100}%` : `${(share * 100).toFixed(1)}%`;
}

function money(dollars) {
  if (dollars == null) return 'unknown';
  if (dollars === 0) return '$0';
  return dollars >= 0.01 ? `$${number(dollars, 2)}` : `$${Number(dollars.toPrecision(2))}`;
}

/** The same call again within `wait` ms takes the place of the one before. */
function settled(wait, call) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(call, wait); };
}

const plain = (text) => text.normalize('NFKD').toLowerCase();
