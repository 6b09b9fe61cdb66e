// The PIO in simulated time. rp2040js lets its state machines run at the host's pace, a thousand
// instructions at a time, whatever the clock says; here each has the time that has passed, in cycles of
// its own divider, and waits at no cost (RP2040 datasheet, 3.2.4 and 3.5.2). A machine that waits for a
// pin sees the edge when it comes: the delay of its WAIT begins there.

const CYCLE_NANOS = 8; // 125 MHz

export class Pio {
  constructor(mcu) {
    this.blocks = mcu.pio;
    this.machines = mcu.pio.flatMap((block) => {
      block.run = () => {}; // not by itself
      return block.machines.map((machine) => ({ machine, block, credit: 0, seen: 0, waited: false }));
    });
  }
  // Time has passed: every machine does what it can in it.
  pass(nanos) {
    if (this.blocks.every((block) => block.stopped)) return;
    for (const one of this.machines) {
      if (one.machine.enabled) this.run(one, nanos);
    }
    for (const block of this.blocks) block.checkChangedPins();
  }
  run(one, nanos) {
    const { machine } = one;
    const cycle = CYCLE_NANOS * ((machine.clockDivInt || 65536) + machine.clockDivFrac / 256);
    if (one.seen > machine.cycles) one.seen = one.waited = 0; // it was restarted
    one.credit += nanos;
    for (;;) {
      const woken = one.waited && !machine.waiting ? 1 : 0; // the cycle in which its wait ended
      one.credit -= (machine.cycles - one.seen + woken) * cycle;
      one.seen = machine.cycles;
      one.waited = machine.waiting;
      if (one.credit < cycle) return;
      if (machine.waiting) {
        machine.checkWait();
        if (machine.waiting) {
          one.credit = 0;
          return;
        }
      } else machine.step();
    }
  }
}
