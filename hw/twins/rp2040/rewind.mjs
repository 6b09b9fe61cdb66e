// A mark in a chip's life, and the way back to it: booting costs seconds, going back milliseconds.
//
// Everything that the harness and rp2040js change lies in properties of objects that can be reached
// from the root (closures keep references only), so their values are noted and written back into the
// same objects. Memory is noted a buffer at a time.

export function mark(root) {
  const noted = new Map(); // object or buffer → its content
  const waiting = [root];
  while (waiting.length) {
    const it = waiting.pop();
    if (it === null || typeof it !== 'object' || noted.has(it) || it instanceof DataView) continue;
    if (ArrayBuffer.isView(it)) {
      if (!noted.has(it.buffer)) noted.set(it.buffer, new Uint8Array(it.buffer).slice());
    } else if (it instanceof Set) {
      noted.set(it, [...it]);
      waiting.push(...it);
    } else if (Array.isArray(it)) {
      noted.set(it, [...it]);
      waiting.push(...it);
    } else {
      const fields = Object.entries(it);
      noted.set(it, fields);
      for (const [, value] of fields) waiting.push(value);
    }
  }
  return noted;
}

export function rewind(noted) {
  for (const [it, content] of noted) {
    if (it instanceof ArrayBuffer) new Uint8Array(it).set(content);
    else if (it instanceof Set) {
      it.clear();
      for (const item of content) it.add(item);
    } else if (Array.isArray(it)) {
      it.length = 0;
      for (const item of content) it.push(item);
    } else {
      for (const name of Object.keys(it)) if (!content.some(([n]) => n === name)) delete it[name];
      for (const [name, value] of content) it[name] = value;
    }
  }
}
