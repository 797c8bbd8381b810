// WebMCP: the tools that this tab offers to the browser's own agent, where the browser has one. They run in the page on what it holds anyway;
// nothing is requested or sent. What changes the cart or the memory waits for the shopper's word in a dialog of the page.

/** Milliseconds after which silence means no. */
const PATIENCE_MS = 60_000;
/** Products in an answer: unless asked for fewer, and at most. */
const [SOME, MOST] = [12, 50];

const number = (description, maximum) => ({ type: 'integer', minimum: 1, maximum, description });
const id = { type: 'string', minLength: 1, description: 'The id of a product, as search_products and pick_for_this_shopper give it.' };
const limit = number(`At most so many products, ${SOME} unless given.`, MOST);
const reads = { readOnlyHint: true };

/** Names, descriptions and inputs of the tools. */
export const TOOLS = [
  {
    name: 'search_products',
    description: 'Searches this shop by words: titles, brands, categories, sizes. Answers with products, the best match first.',
    properties: { query: { type: 'string', minLength: 1, description: 'Words to search for.' }, limit },
    required: ['query'],
    annotations: reads,
  },
  {
    name: 'pick_for_this_shopper',
    description: 'The products that the shop picks for this shopper, ranked on this device from the clicks and searches of this visit, each with its reason. Bestsellers before the first click.',
    properties: { limit },
    required: [],
    annotations: reads,
  },
  {
    name: 'explain_pick',
    description: 'Why a product is among the picks for this shopper: the clicks and searches that brought it there, and how much likelier it is than for a stranger.',
    properties: { id },
    required: ['id'],
    annotations: reads,
  },
  {
    name: 'add_to_cart',
    description: 'Adds a product to the cart after the shopper confirms it in the page. Nothing is bought.',
    properties: { id, quantity: number('How many, 1 unless given.', 99) },
    required: ['id'],
    annotations: { consequentialHint: true },
  },
  {
    name: 'forget_me',
    description: 'Makes the shop forget everything that it learned about this shopper, after the shopper confirms it in the page. The cart stays.',
    properties: {},
    required: [],
    annotations: { consequentialHint: true },
  },
];

/** What is wrong with the arguments of a tool, or nothing. */
export function fault({ name, properties, required }, input) {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return `${name}: expected an object with arguments`;
  const missing = required.find((key) => input[key] === undefined);
  if (missing) return `${name}: the argument '${missing}' is missing: ${properties[missing].description}`;
  for (const [key, value] of Object.entries(input)) {
    const { type, minimum, maximum } = properties[key] ?? {};
    if (!type) return `${name}: there is no argument '${key}', expected ${Object.keys(properties).map((known) => `'${known}'`).join(', ') || 'none'}`;
    if (type === 'string' && (typeof value !== 'string' || !value.trim())) return `${name}: '${key}' must be a text that is not empty`;
    if (type === 'integer' && !(Number.isInteger(value) && value >= minimum && value <= maximum)) {
      return `${name}: '${key}' must be a whole number from ${minimum} to ${maximum}`;
    }
  }
  return undefined;
}

/** One question at a time: the next waits for the answer. */
let line = Promise.resolve();

/** Asks the shopper; true if they confirmed, false if they declined, closed the dialog, or did not answer. `signal` withdraws the question. */
function confirmed(question, yes, no, signal) {
  const asked = line.then(() => new Promise((resolve) => {
    if (signal?.aborted) {
      resolve(false);
      return;
    }
    const dialog = document.createElement('dialog');
    dialog.className = 'why-dialog';
    dialog.setAttribute('aria-labelledby', 'agent-asks');
    const heading = document.createElement('h2');
    heading.id = 'agent-asks';
    heading.textContent = question;
    const acts = document.createElement('p');
    acts.className = 'acts';
    const button = (text, value, look) => {
      const made = document.createElement('button');
      made.type = 'button';
      made.className = look;
      made.textContent = text;
      made.onclick = () => dialog.close(value);
      acts.append(made, ' ');
      return made;
    };
    // The focus is on what changes nothing.
    button(no, '', 'btn').autofocus = true;
    button(yes, 'yes', 'btn primary');
    dialog.append(heading, acts);
    const close = () => dialog.close('');
    const timer = setTimeout(close, PATIENCE_MS);
    signal?.addEventListener('abort', close);
    dialog.onclose = () => {
      clearTimeout(timer);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    };
    document.body.append(dialog);
    dialog.showModal();
  }));
  line = asked;
  return asked;
}

/**
 * Registers the tools. `act(tool, text, count)` answers one in JSON; `words` are the texts of the two dialogs: question, yes, no of each. Does
 * nothing in a browser without WebMCP.
 */
export function serve(act, words) {
  // Chromium had it on `navigator` until version 150.
  const context = document.modelContext ?? navigator.modelContext;
  if (!context?.registerTool) return;
  const [add, added, left, forget, forgotten, kept] = words;
  const run = async (tool, input, signal) => {
    const wrong = fault(tool, input);
    if (wrong) return { error: wrong };
    const answer = (text, count) => JSON.parse(act(tool.name, text, count));
    if (tool.name === 'add_to_cart') {
      const found = JSON.parse(act('find', input.id, 0));
      if (found.error) return found;
      const count = input.quantity ?? 1;
      const question = add.replace('{}', count).replace('{}', () => found.title);
      return (await confirmed(question, added, left, signal)) ? answer(input.id, count) : { confirmed: false };
    }
    if (tool.name === 'forget_me') return (await confirmed(forget, forgotten, kept, signal)) ? answer('', 0) : { confirmed: false };
    return answer(input.query ?? input.id ?? '', input.limit ?? SOME);
  };
  for (const tool of TOOLS) {
    const { name, description, properties, required, annotations } = tool;
    const inputSchema = { type: 'object', properties, required, additionalProperties: false };
    const execute = (input = {}, options = {}) => run(tool, input, options?.signal);
    // Older versions answer with nothing, newer ones with a promise.
    Promise.resolve(context.registerTool({ name, description, inputSchema, annotations, execute })).catch((error) => console.warn(`WebMCP: ${name}: ${error.message}`));
  }
}
