// The map of products on a canvas: departments as countries, their names, and the shopper's way from click to click. It is fetched after load
// like everything that only one page needs. Everything here is by row of the catalogue; the page brings names, prices and addresses.

/** Width and height in the map's units, as `cargo xtask build` lays it out. On a narrow screen the two change places. */
const SIZE = [1000, 620];
/** Cells of the layout's lattice for each product. */
const CELLS = 1.26;
const MAX_ZOOM = 24;
/** Milliseconds of drawing before other tasks come first. */
const SLICE_MS = 8;
/** Rows drawn between two looks at the clock. */
const CHUNK = 250;
/** Names kept as pictures: they are drawn in every frame, and their outlines are slow. */
const KEPT = 600;
/** Pixels around a product in which the pointer means it: more for a finger. */
const REACH = { mouse: 14, pen: 16, touch: 26 };
/** Pixels between products from which their own names are written. */
const ROOM = 46;

/** Reads `map.txt`: four digits of base 36 for each product, two across and two down. */
export function read(text, products) {
  const four = text.trim();
  if (four.length !== 4 * products) throw new Error(`map.txt holds ${four.length / 4} places, expected one for each of ${products} products`);
  if (/[^0-9a-z]/.test(four)) throw new Error('map.txt: expected digits of base 36 and nothing else');
  const x = new Float32Array(products);
  const y = new Float32Array(products);
  // By hand: `parseInt` of 92,000 slices is a long task on a phone.
  const digit = (at) => four.charCodeAt(at) - (four.charCodeAt(at) < 97 ? 48 : 87);
  const number = (at) => 36 * digit(at) + digit(at + 1);
  for (let row = 0; row < products; row += 1) {
    x[row] = number(4 * row);
    y[row] = number(4 * row + 2);
    if (!(x[row] <= SIZE[0] && y[row] <= SIZE[1])) {
      throw new Error(`map.txt: product ${row + 1} lies at ${x[row]}, ${y[row]}, outside of ${SIZE.join(' × ')}`);
    }
  }
  return { x, y };
}

/** The row nearest to a point within a distance, or -1. */
export function nearest({ x, y }, at, reach) {
  let best = -1;
  let least = reach * reach;
  for (let row = 0; row < x.length; row += 1) {
    const far = (x[row] - at[0]) ** 2 + (y[row] - at[1]) ** 2;
    if (far <= least) [best, least] = [row, far];
  }
  return best;
}

/** The next row from one in a direction, `[1, 0]` for right; the row itself at the edge. */
export function beside({ x, y }, from, [dx, dy]) {
  let best = from;
  let least = Infinity;
  for (let row = 0; row < x.length; row += 1) {
    const along = (x[row] - x[from]) * dx + (y[row] - y[from]) * dy;
    // Sideways counts more, but less than a line that is passed over: every second line is indented.
    const cost = along + 1.2 * Math.abs((x[row] - x[from]) * dy - (y[row] - y[from]) * dx);
    if (along > 0.5 && cost < least) [best, least] = [row, cost];
  }
  return best;
}

/**
 * Those of the labels, the most important first, that overlap none before them. Each takes the first of its forms, as one line or two, for which
 * moving up, down or sideways finds room.
 */
export function placed(labels, taken, [width, height]) {
  const boxes = [...taken];
  const free = (box) => box[0] >= 2 && box[1] >= 2 && box[2] <= width - 2 && box[3] <= height - 2
    && boxes.every((other) => box[2] <= other[0] || box[0] >= other[2] || box[3] <= other[1] || box[1] >= other[3]);
  const kept = [];
  for (const label of labels) {
    const sides = label.tries > 1 ? [0, -18, 18] : [0];
    const spots = label.forms.flatMap((form) => Array.from({ length: label.tries * sides.length }, (_, at) => [form, at]));
    for (const [form, at] of spots) {
      const { w, h } = form;
      const down = Math.floor(at / sides.length);
      // A name at the edge moves in as a whole.
      const x = Math.min(Math.max(label.x + sides[at % sides.length], w / 2 + 6), width - w / 2 - 6);
      const y = label.y + Math.ceil(down / 2) * (down % 2 ? -1 : 1) * 11;
      const box = [x - w / 2 - 3, y - h / 2, x + w / 2 + 3, y + h / 2];
      if (!free(box)) continue;
      boxes.push(box);
      kept.push({ ...label, ...form, x, y });
      break;
    }
  }
  return kept;
}

/** Moves points apart until none are nearer than `gap`. */
export function apart(points, gap) {
  const out = points.map(([x, y], at) => [x + 0.01 * at, y - 0.01 * at * at]);
  for (let round = 0; round < 60; round += 1) {
    let moved = false;
    for (let a = 0; a < out.length; a += 1) {
      for (let b = a + 1; b < out.length; b += 1) {
        const [dx, dy] = [out[b][0] - out[a][0], out[b][1] - out[a][1]];
        const far = Math.hypot(dx, dy);
        if (far >= gap) continue;
        const by = (gap - far) / 2 / far;
        for (const [point, sign] of [[out[a], -by], [out[b], by]]) {
          point[0] += sign * dx;
          point[1] += sign * dy;
        }
        moved = true;
      }
    }
    if (!moved) break;
  }
  return out;
}

/** A name as two lines of about the same length; empty if it is one word. */
function halves(name) {
  const cuts = [...name.matchAll(/ (?!&)/g)].map(({ index }) => index);
  if (!cuts.length) return [];
  const cut = cuts.reduce((best, at) => (Math.abs(at - name.length / 2) < Math.abs(best - name.length / 2) ? at : best));
  return [name.slice(0, cut), name.slice(cut + 1)];
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Draws the map in `host`. `groups` are `[ids by row, names]`, of departments and of categories; `here` names the place of the taste; `tell`
 * gives a product's title, department, price and address.
 */
export function draw(host, text, groups, here, tell) {
  const products = groups[0][0].length;
  const places = read(text, products);
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-labelledby', 'map');
  const tip = document.createElement('a');
  tip.className = 'map-tip';
  tip.tabIndex = -1;
  tip.hidden = true;
  host.append(canvas, tip);
  const frame = host.parentElement;
  const said = frame.querySelector('[aria-live]');
  const context = canvas.getContext('2d');
  const narrow = matchMedia('(max-width: 720px)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');

  /** Rows of each category and its department, so that one colour is set once. */
  const members = groups[1][1].map(() => []);
  groups[1][0].forEach((at, row) => members[at].push(row));
  const parents = members.map(([first]) => groups[0][0][first] ?? 0);
  let at = places;
  let size = SIZE;
  /** Pixels of the canvas, pixels a unit without zoom, and pixels between neighbours. */
  let [width, height, fit, gap] = [0, 0, 1, 1];
  let view = { x: 0, y: 0, k: 1 };
  let [goal, moving] = [null, 0];
  let marks = { clicks: [], earlier: [], picks: [], now: -1 };
  let [current, lit, byKeys] = [-1, -1, false];
  let colours;

  const scale = () => fit * view.k;
  const screen = (row) => [(at.x[row] - view.x) * scale(), (at.y[row] - view.y) * scale()];
  const unit = ([x, y]) => [x / scale() + view.x, y / scale() + view.y];
  const bounded = ({ x, y, k }) => ({ k, x: clamp(x, 0, size[0] * (1 - 1 / k)), y: clamp(y, 0, size[1] * (1 - 1 / k)) });

  // ---- the ground: countries and dots, drawn bit by bit on a canvas of its own; the last one is shown until then, moved and stretched

  let [shown, drawing] = [null, null];

  function* paint(brush, seen) {
    const k = fit * seen.k;
    const step = gap * seen.k;
    // Neighbouring categories differ a little in lightness.
    const colour = (id, saturation, lightness) => `hsl(${(parents[id] * 137.5 + 20) % 360} ${saturation}% ${lightness + ((id * 7) % 3) * 2.2}%)`;
    const land = members.map((_, id) => (dark.matches ? colour(id, 24, 17) : colour(id, 48, 87.5)));
    const dots = members.map((_, id) => (dark.matches ? colour(id, 42, 56) : colour(id, 42, 46)));
    for (const [colours, across] of [[land, step * 1.6], [dots, clamp(step * 0.5, 1.3, 15)]]) {
      const radius = across / 2;
      let waiting = 0;
      for (const [id, rows] of members.entries()) {
        brush.fillStyle = colours[id];
        for (let from = 0; from < rows.length; from += CHUNK) {
          brush.beginPath();
          for (let n = from; n < Math.min(from + CHUNK, rows.length); n += 1) {
            const [x, y] = [(at.x[rows[n]] - seen.x) * k, (at.y[rows[n]] - seen.y) * k];
            if (x < -across || y < -across || x > width + across || y > height + across) continue;
            waiting += 1;
            if (radius < 1.2) {
              brush.rect(x - radius, y - radius, across, across);
            } else {
              brush.moveTo(x + radius, y);
              brush.arc(x, y, radius, 0, 7);
            }
          }
          brush.fill();
          if (waiting < CHUNK) continue;
          waiting = 0;
          // Canvases put drawing off until something is read; all of it at once would then block the page.
          brush.getImageData(0, 0, 1, 1);
          yield;
        }
      }
    }
  }

  const isShown = () => shown && !shown.stale && shown.x === view.x && shown.y === view.y && shown.k === view.k;

  function work() {
    const from = performance.now();
    while (!drawing.steps.next().done) {
      if (performance.now() - from > SLICE_MS) {
        setTimeout(work);
        return;
      }
    }
    // It stays until the next is ready, even if it is out of date by now.
    if (drawing.turned === (at !== places)) shown = drawing;
    drawing = null;
    refresh();
  }

  function prepare() {
    if (drawing || isShown() || !width) return;
    const ground = new OffscreenCanvas(canvas.width, canvas.height);
    const brush = ground.getContext('2d', { willReadFrequently: true });
    const sharp = canvas.width / width;
    brush.scale(sharp, sharp);
    drawing = { ...view, ground, pixels: scale() * sharp, turned: at !== places, steps: paint(brush, { ...view }) };
    setTimeout(work);
  }

  // ---- what lies above it

  const pictures = new Map();
  function write({ lines, x, y, w, h, font, colour }) {
    const sharp = canvas.width / width;
    const [wide, high] = [w + 8, h + 8];
    const key = [font, colour, ...lines].join('\n');
    if (!pictures.has(key)) {
      if (pictures.size >= KEPT) pictures.clear();
      const picture = new OffscreenCanvas(Math.ceil(wide * sharp), Math.ceil(high * sharp));
      const brush = picture.getContext('2d');
      brush.scale(sharp, sharp);
      Object.assign(brush, { font, textAlign: 'center', textBaseline: 'middle', lineWidth: 4, lineJoin: 'round', strokeStyle: colours.card, fillStyle: colour });
      for (const way of ['strokeText', 'fillText']) {
        lines.forEach((words, at) => brush[way](words, wide / 2, 4 + ((at + 0.5) / lines.length) * h));
      }
      pictures.set(key, picture);
    }
    const picture = pictures.get(key);
    const whole = (value) => Math.round(value * sharp) / sharp;
    context.drawImage(picture, whole(x - wide / 2), whole(y - high / 2), picture.width / sharp, picture.height / sharp);
  }

  const widths = new Map();
  function measured(words, font) {
    const key = font + words;
    if (!widths.has(key)) {
      context.font = font;
      widths.set(key, context.measureText(words).width);
    }
    return widths.get(key);
  }

  /** Where the names stand: at the middle of what can be seen of each group. */
  function labels(taken) {
    const sums = groups.map(([, names]) => names.map(() => [0, 0, 0]));
    const seen = [];
    for (let row = 0; row < products; row += 1) {
      const [x, y] = screen(row);
      if (x < 0 || y < 0 || x > width || y > height) continue;
      for (let level = 0; level < 2; level += 1) {
        const sum = sums[level][groups[level][0][row]];
        sum[0] += x;
        sum[1] += y;
        sum[2] += 1;
      }
      if (seen.length < 400) seen.push(row);
    }
    const step = gap * view.k;
    const big = narrow.matches ? 12.5 : 15;
    const list = [];
    groups.forEach(([, names], level) => {
      // Names of categories appear as there is room for them.
      const font = level ? `500 ${big - 2.5}px ${colours.font}` : `680 ${big}px ${colours.font}`;
      if (level && view.k < 1.5) return;
      const own = names.map((name, id) => [name, ...sums[level][id]]).filter(([name, , , n]) => name && n > 0);
      own.sort((a, b) => b[3] - a[3]);
      for (const [name, x, y, n] of own) {
        const w = measured(name, font);
        // As wide as its group, about: a name over its neighbours would be taken for theirs.
        const room = Math.sqrt(n) * step;
        if (level && w > room * 1.25) continue;
        const forms = [{ lines: [name], w, h: big + 4, font }];
        const half = level ? [] : halves(name);
        if (half.length) {
          const two = { lines: half, w: Math.max(...half.map((part) => measured(part, font))), h: 2 * big + 6, font };
          if (w > room) forms.unshift(two);
          else forms.push(two);
        }
        list.push({ forms, x: x / n, y: y / n, colour: level ? colours.second : colours.ink, tries: level ? 3 : 1 + 2 * Math.ceil((room / 2 + 6) / 11) });
      }
    });
    if (step >= ROOM) {
      const font = `400 ${big - 3.5}px ${colours.font}`;
      for (const row of seen) {
        const [x, y] = screen(row);
        const full = tell(row)[0];
        const words = full.length > 26 ? `${full.slice(0, 25)}…` : full;
        list.push({ forms: [{ lines: [words], w: measured(words, font), h: 14, font }], x, y: y + 16, colour: colours.second, tries: 1 });
      }
    }
    return placed(list, taken, [width, height]);
  }

  function ring(x, y, radius, stroke, across, fill) {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    context.strokeStyle = stroke;
    context.lineWidth = across;
    context.stroke();
  }

  function line(points, colour, across, dash = []) {
    context.beginPath();
    points.forEach(([x, y], n) => (n ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.setLineDash(dash);
    context.strokeStyle = colour;
    context.lineWidth = across;
    context.lineJoin = 'round';
    context.stroke();
    context.setLineDash([]);
  }

  function arrow([x0, y0], [x, y]) {
    const turn = Math.atan2(y - y0, x - x0);
    context.beginPath();
    for (const [far, side] of [[0, 0], [13, 0.45], [9, 0], [13, -0.45]]) context.lineTo(x - far * Math.cos(turn + side), y - far * Math.sin(turn + side));
    context.closePath();
    context.fillStyle = colours.accent;
    context.fill();
  }

  function render() {
    moving = 0;
    if (goal) {
      const rest = goal.k / view.k;
      const near = Math.abs(rest - 1) < 0.01 && Math.hypot(goal.x - view.x, goal.y - view.y) * scale() < 1;
      const part = near || calm.matches ? 1 : 0.3;
      view = part === 1 ? goal : { k: view.k * rest ** part, x: view.x + (goal.x - view.x) * part, y: view.y + (goal.y - view.y) * part };
      goal = part === 1 ? null : goal;
      if (goal) refresh();
    }
    const sharp = canvas.width / width;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (shown) {
      const k = (scale() * sharp) / shown.pixels;
      context.setTransform(k, 0, 0, k, (shown.x - view.x) * scale() * sharp, (shown.y - view.y) * scale() * sharp);
      context.drawImage(shown.ground, 0, 0);
    }
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const spots = marks.clicks.map(screen);
    const badges = apart(spots, 25);
    const taken = badges.map(([x, y]) => [x - 12, y - 12, x + 12, y + 12]);
    const now = marks.now < 0 ? null : screen(marks.now);
    const flag = { font: `650 ${narrow.matches ? 12 : 13}px ${colours.font}` };
    if (now) {
      const w = measured(here, flag.font);
      const x = clamp(now[0], w / 2 + 14, width - w / 2 - 14);
      // Below the place, or above it at the map's lower edge and where a number stands.
      const free = (y) => y > 14 && y < height - 14 && badges.every((badge) => Math.abs(badge[1] - y) > 24 || Math.abs(badge[0] - x) > w / 2 + 20);
      const y = [now[1] + 31, now[1] - 31, now[1] + 58, now[1] - 58].find(free) ?? now[1] + 31;
      Object.assign(flag, { x, y, w });
      taken.push([x - w / 2 - 9, y - 13, x + w / 2 + 9, y + 13]);
    }
    for (const row of marks.picks) {
      const [x, y] = screen(row);
      ring(x, y, 6, colours.card, 2, colours.accent);
    }
    for (const row of marks.earlier) ring(...screen(row), 6, colours.second, 2, colours.card);
    // The way, from click to click and on to what they add up to.
    if (badges.length > 1) {
      line(badges, colours.card, 7);
      line(badges, colours.ink, 2.5);
    }
    if (now && badges.length) {
      const [from, far] = [badges.at(-1), Math.hypot(now[0] - badges.at(-1)[0], now[1] - badges.at(-1)[1])];
      if (far > 32) {
        const end = [now[0] - ((now[0] - from[0]) * 15) / far, now[1] - ((now[1] - from[1]) * 15) / far];
        line([from, end], colours.card, 7);
        line([from, end], colours.accent, 3, [7, 5]);
        arrow(from, end);
      }
    }
    // Over the way, which would cross them out, and under the numbers.
    labels(taken).forEach(write);
    if (now) {
      ring(...now, 13, colours.card, 6);
      ring(...now, 13, colours.accent, 3.5);
    }
    badges.forEach(([x, y], n) => {
      line([spots[n], [x, y]], colours.ink, 1.5);
      ring(x, y, 11, colours.card, 2, colours.ink);
      context.font = `700 12px ${colours.font}`;
      context.fillStyle = colours.card;
      context.fillText(n + 1, x, y + 0.5);
    });
    if (now) {
      const { x, y, w, font } = flag;
      context.beginPath();
      context.roundRect(x - w / 2 - 9, y - 12, w + 18, 24, 12);
      context.fillStyle = colours.accent;
      context.fill();
      context.font = font;
      context.fillStyle = colours.onAccent;
      context.fillText(here, x, y + 0.5);
    }
    if (lit >= 0) ring(...screen(lit), 20, colours.accent, 4);
    if (current >= 0) {
      const [x, y] = screen(current);
      ring(x, y, 9, colours.card, 6);
      ring(x, y, 9, byKeys ? colours.focus : colours.ink, 3);
      hang();
    }
    prepare();
  }

  function refresh() {
    moving ||= requestAnimationFrame(render);
  }

  // ---- moving about

  function go(next, smooth = true) {
    goal = bounded(next);
    if (!smooth) [view, goal] = [goal, null];
    frame.dataset.zoomed = (goal ?? view).k > 1.01;
    for (const button of frame.querySelectorAll('[data-zoom]')) {
      const by = Number(button.dataset.zoom);
      // Not `disabled`: the focus would be lost with the last step.
      button.setAttribute('aria-disabled', by > 1 ? (goal ?? view).k >= MAX_ZOOM : (goal ?? view).k <= 1);
    }
    refresh();
  }

  function zoom(by, [px, py] = [width / 2, height / 2], smooth = true) {
    const from = goal ?? view;
    const k = clamp(from.k * by, 1, MAX_ZOOM);
    go({ k, x: from.x + (px / fit) * (1 / from.k - 1 / k), y: from.y + (py / fit) * (1 / from.k - 1 / k) }, smooth);
  }

  /** Shows what a product is, `-1` for none. */
  function point(row, keys = false) {
    if (row === current && keys === byKeys) return;
    [current, byKeys] = [row, keys];
    tip.hidden = row < 0;
    canvas.style.cursor = row < 0 ? '' : 'pointer';
    if (row >= 0) {
      const [title, department, price, address] = tell(row);
      const name = document.createElement('strong');
      name.lang = 'en';
      name.textContent = title;
      tip.replaceChildren(name, [department, price].filter(Boolean).join(' · '));
      tip.href = address;
      if (keys) said.textContent = [title, department, price].filter(Boolean).join(', ');
    }
    refresh();
  }

  /** Hangs the product's card beside it, within the map. */
  function hang() {
    const [x, y] = screen(current);
    tip.hidden = x < 0 || y < 0 || x > width || y > height;
    const [w, h] = [tip.offsetWidth, tip.offsetHeight];
    tip.style.left = `${clamp(x - w / 2, 4, width - w - 4)}px`;
    tip.style.top = `${y + 20 + h < height ? y + 18 : y - h - 18}px`;
  }

  const within = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.x, event.clientY - box.y];
  };
  const under = (event) => nearest(at, unit(within(event)), (REACH[event.pointerType] ?? 14) / scale());

  const pointers = new Map();
  let [dragged, pinch] = [false, 0];
  canvas.addEventListener('pointerdown', (event) => {
    pointers.set(event.pointerId, within(event));
    dragged = pointers.size > 1;
    pinch = 0;
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') point(under(event));
      return;
    }
    const to = within(event);
    if (pointers.size === 1) {
      const [dx, dy] = [to[0] - before[0], to[1] - before[1]];
      if (!dragged && Math.hypot(dx, dy) < 5) return;
      if (!dragged) canvas.setPointerCapture(event.pointerId);
      dragged = true;
      if (view.k > 1) {
        point(-1);
        go({ k: view.k, x: view.x - dx / scale(), y: view.y - dy / scale() }, false);
      }
      pointers.set(event.pointerId, to);
      return;
    }
    pointers.set(event.pointerId, to);
    const [a, b] = [...pointers.values()];
    const far = Math.hypot(a[0] - b[0], a[1] - b[1]);
    point(-1);
    if (pinch) zoom(far / pinch, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], false);
    pinch = far;
  });
  const lift = (event) => {
    pointers.delete(event.pointerId);
    pinch = 0;
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('pointerleave', (event) => {
    if (event.pointerType !== 'touch' && !byKeys) point(-1);
  });
  canvas.addEventListener('click', (event) => {
    if (dragged) return;
    const row = under(event);
    // A finger cannot hover: its first touch reads, the second opens.
    const opens = row >= 0 && (event.pointerType === 'mouse' || row === current);
    point(row);
    if (opens) tip.click();
  });
  // Two fingers zoom; without this the page would scroll and the pointers be cancelled.
  for (const name of ['touchstart', 'touchmove']) {
    canvas.addEventListener(name, (event) => event.touches.length > 1 && event.cancelable && event.preventDefault(), { passive: false });
  }
  canvas.addEventListener('wheel', (event) => {
    // Without the key the page scrolls; a trackpad's pinch comes with it.
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / (event.deltaMode ? 8 : 120)), within(event), false);
    point(-1);
  }, { passive: false });

  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const way = WAYS[event.key];
    const by = { '+': 1.6, '=': 1.6, '-': 1 / 1.6, '_': 1 / 1.6, 0: 0 }[event.key];
    if (way && event.shiftKey) {
      const part = 0.15 / view.k;
      go({ k: view.k, x: view.x + way[0] * size[0] * part, y: view.y + way[1] * size[1] * part });
    } else if (way) {
      reach(current < 0 ? start() : beside(at, current, way));
    } else if (by !== undefined) {
      zoom(by || 1e-6, current < 0 ? undefined : screen(current));
    } else if (event.key === 'Enter' && current >= 0) {
      tip.click();
    } else if (event.key === 'Escape' && current >= 0) {
      point(-1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  const start = () => [...marks.clicks].pop() ?? marks.picks[0] ?? nearest(at, unit([width / 2, height / 2]), Infinity);
  const reach = (row) => {
    const [x, y] = screen(row);
    if (x < 20 || y < 20 || x > width - 20 || y > height - 20) go({ k: view.k, x: at.x[row] - size[0] / view.k / 2, y: at.y[row] - size[1] / view.k / 2 }, false);
    point(row, true);
  };
  host.addEventListener('blur', () => byKeys && point(-1));
  host.addEventListener('focus', () => host.matches(':focus-visible') && !pointers.size && reach(start()));
  frame.addEventListener('click', (event) => {
    const by = event.target.closest('[data-zoom]')?.dataset.zoom;
    if (by) zoom(Number(by) || 1e-6);
  });

  // ---- its size and colours

  function resize() {
    const box = host.getBoundingClientRect();
    if (!box.width) return;
    const turned = narrow.matches;
    if (turned !== (size !== SIZE)) [view, shown] = [{ x: 0, y: 0, k: 1 }, null];
    at = turned ? { x: places.y, y: places.x } : places;
    size = turned ? [SIZE[1], SIZE[0]] : SIZE;
    width = box.width;
    fit = width / size[0];
    height = size[1] * fit;
    gap = Math.sqrt((SIZE[0] * SIZE[1] * 0.92 * 1.155) / (products * CELLS)) * fit;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    restyle();
  }

  function restyle() {
    const style = getComputedStyle(host);
    const of = (name) => style.getPropertyValue(name).trim();
    colours = { ink: of('--ink'), second: of('--ink-2'), card: of('--card'), accent: of('--accent'), onAccent: of('--accent-ink'), focus: of('--focus'), font: style.fontFamily };
    pictures.clear();
    for (const each of [shown, drawing]) if (each) each.stale = true;
    refresh();
  }

  new ResizeObserver(resize).observe(host);
  const change = () => (host.isConnected ? restyle() : dark.removeEventListener('change', change));
  dark.addEventListener('change', change);
  resize();
  go(view, false);

  host.mark = (clicks, earlier, picks, now) => {
    marks = { clicks, earlier, picks, now };
    refresh();
  };
  host.light = (row) => {
    lit = row;
    refresh();
  };
}
