// The board: a chip whose power comes and goes, its flash, what is wired to its pins, and simulated
// time. Everything that happens is an event {t, …}: t in ms since the board was made.
//
//   usb: bytes from the chip's serial port (base64)   usb_up: the host has configured the port
//   uart: bytes to the printer (base64)               flash: erase or program, n, offset
//   pin, level: a lamp                                ring: colours, bits, period_ns
//   tone: hertz, 0 for silence                        reset: power, watchdog, reset or run; reason
//   told: a deed "tell" came to its time

import { Chip, FLASH_BYTES } from './chip.mjs';
import { Buzzer, Lamps, Ring } from './probes.mjs';

const UART_GATHER_NANOS = 1e6;
const FRESH = { reason: 0, scratch: new Array(8).fill(0) };

export class Board {
  // setup: image, fs (base64) at fsOffset; bootrom (words); pins {lamps, ring, buzzer, uart, levels,
  // analog}; options {eraseMs, programMs, uartSpeed, bug, seed}.
  constructor(setup) {
    this.options = setup.options;
    this.bootrom = new Uint32Array(setup.bootrom);
    this.flash = new Uint8Array(FLASH_BYTES).fill(0xff);
    this.flash.set(Buffer.from(setup.image, 'base64'), 0);
    this.fsOffset = setup.fsOffset;
    this.fsBytes = Buffer.from(setup.fs, 'base64').length;
    this.flash.set(Buffer.from(setup.fs, 'base64'), this.fsOffset);
    this.pins = setup.pins;
    this.uartPins = setup.pins.uart;
    this.levels = { ...setup.pins.levels };
    this.analog = { ...setup.pins.analog };
    this.seed = setup.options.seed;
    this.past = 0; // ns of the lives before this one
    this.chip = null; // null: no power
    this.hostReads = true;
    this.held = false; // the printer's CTS
    this.deeds = []; // {at, deed}: what the world will do, in order of time
    this.events = [];
    this.heard = []; // bytes of the UART, not yet an event
    this.heardAt = 0;
    this.lit = {};
    this.operations = { all: 0, erase: 0, program: 0, cutAt: 0, torn: 0 };
  }

  // ---- what the chip asks and tells -------------------------------------------------------------

  random() { // mulberry32
    let t = (this.seed = (this.seed + 0x6d2b79f5) | 0);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  tell(event) {
    this.gather();
    this.events.push({ t: this.now / 1e6, ...event });
  }
  usbUp() {
    this.tell({ usb_up: true });
  }
  usbOut(bytes) {
    this.tell({ usb: Buffer.from(bytes).toString('base64') });
  }
  uartOut(byte) {
    if (!this.heard.length) this.heardAt = this.now;
    this.heard.push(byte);
  }
  gather() {
    const bytes = this.heard.splice(0);
    if (!bytes.length) return;
    const uart = Buffer.from(bytes).toString('base64');
    this.events.push({ t: this.now / 1e6, from: this.heardAt / 1e6, uart });
  }
  // How much of this flash operation is done: all of it, unless the power goes within it.
  flashed(kind, offset) {
    const { operations } = this;
    operations.all++;
    operations[kind]++;
    this.tell({ flash: kind, n: operations.all, offset });
    return operations.all === operations.cutAt ? operations.torn : 1;
  }

  // ---- power ------------------------------------------------------------------------------------

  get now() {
    return this.past + (this.chip ? this.chip.age : 0);
  }
  // reason: what the chip finds in WATCHDOG.REASON, 0 for a real power on.
  powerOn(reason = 0) {
    if (!this.chip) this.live({ ...FRESH, reason });
  }
  powerOff() {
    this.chip?.end('power', 0);
    this.mourn();
  }
  resetPin() {
    this.chip?.end('run', 0); // the RUN pin: as power on, but the lamps' supply stays
    this.mourn();
  }
  live(from) {
    const chip = (this.chip = new Chip(this, from)), { pins } = this;
    for (const pin in this.levels) chip.mcu.gpio[pin].setInputValue(!!this.levels[pin]);
    for (const pin in this.analog) chip.mcu.adc.channelValues[pin - 26] = this.analog[pin] >> 4;
    chip.hostReads = this.hostReads;
    chip.uart.setCts(this.held);
    this.lamps = new Lamps(chip, pins.lamps, (pin, level) => {
      this.lit[pin] = level;
      this.tell({ pin, level });
    });
    this.ring = new Ring(chip, pins.ring, (ring, bits, period) =>
      this.tell({ ring, bits, period_ns: period }),
    );
    this.buzzer = new Buzzer(chip, pins.buzzer, (tone) => this.tell({ tone }));
  }
  // The end of a life: without power until powerOn, else a new life from the same flash.
  mourn() {
    const { chip } = this;
    if (!chip?.ended) return;
    const { cause, reason, scratch } = chip.ended;
    this.gather();
    this.past += chip.age;
    if (this.buzzer.hertz) this.tell({ tone: 0 });
    this.chip = null;
    for (const pin in this.lit) if (this.lit[pin]) this.tell({ pin: Number(pin), level: 0 });
    this.lit = {};
    if (cause === 'power') this.tell({ ring: [], bits: 0, period_ns: 0 });
    this.operations.cutAt = 0;
    this.tell({ reset: cause, reason });
    if (cause === 'run') this.live(FRESH);
    else if (cause !== 'power') this.live({ reason, scratch });
  }

  // ---- the world --------------------------------------------------------------------------------

  // Do this AFTER ms from now; a deed is one of the objects that act() knows.
  plan(after, deed) {
    const at = this.now + after * 1e6, { deeds } = this;
    const place = deeds.findIndex((planned) => planned.at > at);
    deeds.splice(place < 0 ? deeds.length : place, 0, { at, deed });
  }
  act(deed) {
    const { chip } = this;
    if ('level' in deed) {
      const changed = this.levels[deed.pin] !== deed.level;
      this.levels[deed.pin] = deed.level;
      if (changed) chip?.mcu.gpio[deed.pin].setInputValue(!!deed.level); // else it sees an edge
    } else if ('analog' in deed) {
      this.analog[deed.pin] = deed.analog;
      if (chip) chip.mcu.adc.channelValues[deed.pin - 26] = deed.analog >> 4;
    } else if ('usb' in deed) {
      if (chip?.configured) chip.usbIn(Buffer.from(deed.usb, 'base64'));
    } else if ('uart' in deed) {
      chip?.uart.feed(Buffer.from(deed.uart, 'base64'));
    } else if ('cts' in deed) {
      this.held = deed.cts;
      chip?.uart.setCts(deed.cts);
    } else if ('dtr' in deed) {
      if (chip?.configured) chip.cdc.cdcSetControlLineState(deed.dtr ? 3 : 0);
    } else if ('reads' in deed) {
      this.hostReads = deed.reads;
      chip?.reading(deed.reads);
    } else if ('stuck' in deed) {
      if (chip) chip.stuck = deed.stuck;
    } else if ('flash' in deed) {
      Object.assign(this.options, deed.flash);
    } else if ('power' in deed) {
      if (deed.power) this.powerOn(deed.reason);
      else this.powerOff();
    } else if ('skip' in deed) {
      if (chip) chip.skip(deed.skip * 1e6);
    } else if ('run' in deed) {
      this.resetPin();
    } else if ('tell' in deed) {
      this.tell({ told: deed.tell });
    } else if ('cut' in deed) {
      this.operations.cutAt = deed.cut ? this.operations.all + deed.cut : 0;
      this.operations.torn = deed.torn;
    } else {
      throw new Error(`nobody knows how to do ${JSON.stringify(deed)}`);
    }
  }

  // Let at most NANOS pass; less when an event of one of STOPS came, or WALL_MS of the host's time.
  run(nanos, stops, wallMs = Infinity) {
    const end = this.now + nanos, from = this.events.length, wallEnd = performance.now() + wallMs;
    let looked = 0, seen = from, rounds = 0;
    const stop = () => {
      if (this.heard.length && this.now - this.heardAt >= UART_GATHER_NANOS) this.gather();
      for (; seen < this.events.length; seen++) {
        looked |= stops.some((kind) => kind in this.events[seen]) ? 1 : 0;
      }
      if (!(++rounds & 255) && performance.now() > wallEnd) looked = 1;
      return looked;
    };
    while (this.now < end && !stop()) {
      while (this.deeds.length && this.deeds[0].at <= this.now) this.act(this.deeds.shift().deed);
      const until = Math.min(end, this.deeds.length ? this.deeds[0].at : end);
      if (this.chip) this.chip.run(until - this.now, stop);
      else this.past = until;
      this.mourn();
    }
    if (this.now - this.heardAt >= UART_GATHER_NANOS || !this.chip) this.gather();
  }
  taken() {
    return this.events.splice(0);
  }

  // What the harness knows of the chip beyond its events.
  state() {
    const { chip, operations } = this;
    const uart = chip && {
      sent: chip.uart.sent,
      lost: chip.uart.lost,
      baud: chip.uart.intDivisor ? chip.uart.baudRate : 0,
      flow: (chip.uart.ctrlRegister >> 14) & 3, // 2: CTS, 1: RTS
    };
    const gpio = chip && chip.mcu.gpio.map((pin) => ({
      function: pin.functionSelect, drives: pin.outputEnable, high: pin.outputValue,
      pull: pin.pullupEnabled ? 'up' : pin.pulldownEnabled ? 'down' : '',
    }));
    return {
      now: this.now / 1e6, on: !!chip, busy_ms: chip ? chip.busy / 1e6 : 0,
      age_ms: chip ? chip.age / 1e6 : 0, operations, uart, gpio, planned: this.deeds.length,
    };
  }
  files() {
    return Buffer.from(this.flash.subarray(this.fsOffset, this.fsOffset + this.fsBytes));
  }
}
