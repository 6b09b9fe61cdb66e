// What a person at the booth sees and hears, read off the chip's pins: lamps, ring, buzzer.

import { GPIOPinState } from './emulator.mjs';

const LATCH_NANOS = 50_000; // WS2812B: a line that is low for this long shows what was sent
const LONG_HIGH_NANOS = 625; // between a 0 (400) and a 1 (800)
const PWM_FUNCTION = 4;

export class Lamps {
  constructor(chip, pins, changed) {
    for (const pin of pins) {
      chip.mcu.gpio[pin].addListener((state) =>
        changed(pin, state === GPIOPinState.High ? 1 : 0),
      );
    }
  }
}

// The WS2812 lamps at PIN: shown(colours, bits, shortest) with colours [red, green, blue] and the
// shortest period of a bit in ns.
export class Ring {
  constructor(chip, pin, shown) {
    this.chip = chip;
    this.shown = shown;
    this.rose = 0;
    this.highs = [];
    this.shortest = Infinity;
    this.latch = chip.clock.createAlarm(() => this.latched());
    chip.mcu.gpio[pin].addListener((state) => this.edge(state));
  }
  edge(state) {
    const now = this.chip.age;
    if (state === GPIOPinState.High) {
      if (this.highs.length) this.shortest = Math.min(this.shortest, now - this.rose);
      this.rose = now;
    } else if (state === GPIOPinState.Low && this.rose) {
      this.highs.push(now - this.rose);
      this.latch.schedule(LATCH_NANOS);
    }
  }
  latched() {
    const { highs, shortest } = this;
    this.highs = [];
    this.shortest = Infinity;
    this.rose = 0;
    const colours = [];
    for (let at = 0; at + 24 <= highs.length; at += 24) {
      const byte = (from) =>
        highs.slice(from, from + 8).reduce((all, h) => all * 2 + (h > LONG_HIGH_NANOS ? 1 : 0), 0);
      colours.push([byte(at + 8), byte(at), byte(at + 16)]); // the wire's order is green first
    }
    this.shown(colours, highs.length, shortest);
  }
}

// The buzzer at PIN: heard(hertz), 0 for silence, when the PWM is told otherwise.
export class Buzzer {
  constructor(chip, pin, heard) {
    this.chip = chip;
    this.pin = pin;
    this.heard = heard;
    this.hertz = 0;
    const { pwm, gpio } = chip.mcu, written = pwm.writeUint32.bind(pwm);
    pwm.writeUint32 = (offset, value) => {
      written(offset, value);
      this.listen();
    };
    const ctrl = gpio[pin];
    ctrl.addListener(() => this.listen()); // the pin may be taken from the PWM
  }
  listen() {
    const { pwm, gpio, clkSys } = this.chip.mcu;
    const { csr, cc, div, top } = pwm.channels[(this.pin >> 1) & 7];
    const duty = this.pin & 1 ? cc >>> 16 : cc & 0xffff;
    const sounds = gpio[this.pin].functionSelect === PWM_FUNCTION && csr & 1 && duty;
    const hertz = sounds ? Math.round(clkSys / ((div || 16) / 16) / (top + 1)) : 0;
    if (hertz === this.hertz) return;
    this.hertz = hertz;
    this.heard(hertz);
  }
}
