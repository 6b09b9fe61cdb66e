// The board behind one pipe: a JSON object a line in, one answer a line out.
//
//   {op: setup, …}                   makes the board (board.mjs), without power
//   {op: do, deed, after?}           what the world does, now or after ms
//   {op: advance, ms, stops?, wall?} lets simulated time pass, until an event of these kinds comes
//   {op: state | files | mark | rewind | forget, …}
//   {op: pace, speed}                from now on time passes by itself at the wall's pace (0: stops);
//                                    events then come in lines of their own, {events, now}
//
// An answer is {ok, now, events, …}, or {error}. Bugs that can be seeded (options.bug), so that tests
// can show that they find them: uart-interrupt-dropped, cts-ignored.

import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
import { Board } from './board.mjs';
import { mark, rewind } from './rewind.mjs';

const BUGS = ['', 'uart-interrupt-dropped', 'cts-ignored'];
const SLICE_MS = 4; // of the wall, between two looks at the pipe
const LATE_MS = 20; // what a busy machine costs beyond this is not made up for

let board = null;
const marks = new Map();

const ops = {
  setup(setup) {
    if (!BUGS.includes(setup.options.bug)) throw new Error(`no such bug: ${setup.options.bug}`);
    board = new Board(setup);
  },
  do({ deed, after }) {
    if (after) board.plan(after, deed);
    else board.act(deed);
  },
  advance({ ms, stops, wall }) {
    board.run(ms * 1e6, stops ?? [], wall ?? Infinity);
  },
  state: () => ({ state: board.state() }),
  files: () => ({ files: board.files().toString('base64') }),
  mark({ name }) {
    marks.set(name, mark(board));
  },
  rewind({ name }) {
    rewind(marks.get(name));
  },
  forget({ name }) {
    marks.delete(name);
  },
  pace({ speed }) {
    const runs = pace.speed > 0;
    pace.speed = speed;
    pace.since();
    if (!runs && speed) setImmediate(live);
  },
};

function say(answer) {
  const line = Buffer.from(JSON.stringify(answer) + '\n');
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(1, line, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const pace = {
  speed: 0,
  since() {
    this.wall = performance.now();
    this.sim = board ? board.now / 1e6 : 0;
  },
};
function live() {
  if (!pace.speed) return;
  const behind = (performance.now() - pace.wall) * pace.speed - (board.now / 1e6 - pace.sim);
  if (behind > LATE_MS) pace.sim -= behind - LATE_MS;
  if (behind > 0.1) board.run(Math.min(behind, LATE_MS) * 1e6, [], SLICE_MS);
  board.gather();
  if (board.events.length) say({ now: board.now / 1e6, events: board.taken() });
  if (behind > 0.1) setImmediate(live);
  else setTimeout(live, 1);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line);
    try {
      const found = ops[request.op](request) ?? {};
      const events = board ? board.taken() : [];
      say({ ok: true, now: board ? board.now / 1e6 : 0, events, ...found });
    } catch (error) {
      say({ error: `${request.op}: ${error.stack}` });
    }
  })
  .on('close', () => process.exit(0));
