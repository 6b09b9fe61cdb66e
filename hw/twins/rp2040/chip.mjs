// One life of the RP2040, from a reset to the next: rp2040js with what it lacks for MicroPython's rp2
// port. Nothing here knows the booth; probes.mjs and board.mjs do.
//
// Added, each with the reason: flash that erases and programs and takes its time (the boot ROM's own
// functions drive a flash chip that is not modelled); a UART with queues (uart.mjs); a USB host that
// reads and writes when it wants to; core 1's answer after a reset by the PSM (a soft reset waits for
// it for ever); a random ROSC (os.urandom is constant otherwise); a watchdog that bites once; a PIO that
// keeps to the clock (pio.mjs).
// Not modelled: the XIP cache (a real Pico is somewhat slower), core 1, USB suspend, brown-outs.

import { ConsoleLogger, LogLevel, RP2040, USBCDC } from './emulator.mjs';
import { Pio } from './pio.mjs';
import { Pl011 } from './uart.mjs';

export const FLASH_BYTES = 2 * 1024 * 1024;
const SECTOR = 4096, PAGE = 256; // W25Q16JV, the Pico's flash
const XIP = 0x10000000;
const CYCLE_NANOS = 8; // 125 MHz
const BATCH = 32; // instructions between two looks at the clock, while interrupts are on
const TIMER = 1; // WATCHDOG.REASON; 2 is a forced reset
const TIMER_BLOCK = 0x40054, WATCHDOG = 0x40058, PSM = 0x40010, ROSC = 0x40060;
const PSM_FORCE_OFF = 4, PSM_CORE1 = 1 << 16;
const FIFO_STATUS = 0x50, FIFO_WRITE = 0x54, FIFO_READ = 0x58; // SIO
const FIFO_VALID = 1, FIFO_READY = 2;
const ROSC_RANDOM = 0x1c;
const BREAKPOINT = 0xbe00;

export class Chip {
  // board: flash (Uint8Array, kept over lives), bootrom (words), options, random(), and what it hears:
  // usbOut(bytes), uartOut(byte), flashed(operation).
  constructor(board, { reason, scratch }) {
    this.board = board;
    this.mcu = new RP2040();
    this.mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    this.mcu.loadBootrom(board.bootrom); // fills its own flash: ours comes after
    this.clock = this.mcu.clock;
    this.ticker = new Ticker(this.clock);
    this.mcu.peripherals[TIMER_BLOCK].clock = this.ticker;
    this.pending = 0; // nanoseconds that instructions of this batch took
    this.busy = 0; // … of all batches: what the chip did not sleep
    this.ended = null; // {cause, reason, scratch} once this life is over
    this.stuck = false; // the core executes nothing, as in a loop with interrupts off
    this.pio = new Pio(this.mcu);
    this.attachFlash();
    this.attachUart();
    this.attachUsb();
    this.attachCore1();
    this.attachWatchdog(reason, scratch);
    const rosc = this.mcu.peripherals[ROSC], readRosc = rosc.readUint32.bind(rosc);
    rosc.readUint32 = (offset) =>
      offset === ROSC_RANDOM ? (board.random() < 0.5 ? 0 : 1) : readRosc(offset);
    this.mcu.core.PC = XIP; // the image's own second stage; the boot ROM would copy it to RAM
  }

  // ---- flash ------------------------------------------------------------------------------------

  attachFlash() {
    const { mcu, board } = this;
    mcu.flash = board.flash;
    mcu.flash16 = new Uint16Array(board.flash.buffer);
    mcu.flashView = new DataView(board.flash.buffer);
    const rom16 = new Uint16Array(mcu.bootrom.buffer);
    this.traps = {};
    for (const code of ['IF', 'EX', 'RE', 'RP', 'FC', 'CX']) {
      const at = romFunction(rom16, code);
      rom16[at >> 1] = BREAKPOINT;
      this.traps[at] = code;
    }
    mcu.onBreak = () => this.trapped();
  }

  // A flash function of the boot ROM was called: done here, then back to its caller.
  trapped() {
    const { core } = this.mcu, [r0, r1, r2] = core.registers;
    const code = this.traps[(core.PC - 2) & ~1];
    core.PC = core.LR & ~1;
    if (code === 'RE') this.flash('erase', r0, r1, null);
    else if (code === 'RP') this.flash('program', r0, r2, r1);
  }
  flash(kind, offset, bytes, source) {
    const { board, mcu } = this, { options } = board;
    const erase = kind === 'erase';
    for (let at = 0; at < bytes && !this.ended; at += erase ? SECTOR : PAGE) {
      const done = board.flashed(kind, offset + at); // a part of it when the power goes
      const size = Math.round((erase ? SECTOR : PAGE) * done);
      const from = offset + at;
      if (erase) mcu.flash.fill(0xff, from, from + size);
      else for (let i = 0; i < size; i++) mcu.flash[from + i] &= mcu.readUint8(source + at + i);
      this.pass((erase ? options.eraseMs : options.programMs) * 1e6 * done);
      if (done < 1) this.end('power', 0);
    }
  }
  // Time in which no instruction is executed, though timers, UART and USB go on.
  pass(nanos) {
    const due = this.pending;
    this.pending = 0;
    this.pio.pass(due + nanos);
    this.clock.tick(due + nanos);
  }

  // Time that only the timer knows of: what it is set to comes as much sooner.
  skip(nanos) {
    const now = this.ticker.nanos / 1000;
    for (const alarm of this.mcu.peripherals[TIMER_BLOCK].alarms) {
      if (!alarm.armed) continue;
      const left = ((alarm.targetMicros - now) >>> 0) * 1000 - nanos;
      alarm.clockAlarm.schedule(Math.max(left, 0));
    }
    this.ticker.skipped += nanos;
  }

  // ---- UART, USB, core 1, watchdog --------------------------------------------------------------

  attachUart() {
    const { mcu, board } = this, old = mcu.uart[1];
    const uart = new Pl011(mcu, 'UART1', old.irq, old.dreq);
    const { uartSpeed, bug } = board.options;
    uart.attach(this.clock, board.uartPins, (byte) => board.uartOut(byte), uartSpeed, bug);
    mcu.uart[1] = mcu.peripherals[0x40038] = this.uart = uart;
    const other = new Pl011(mcu, 'UART0', mcu.uart[0].irq, mcu.uart[0].dreq);
    other.attach(this.clock, { tx: 0, rx: 1, cts: 2, rts: 3 }, () => {}, 1, '');
    mcu.uart[0] = mcu.peripherals[0x40034] = other;
  }

  attachUsb() {
    const { usbCtrl } = this.mcu, cdc = (this.cdc = new USBCDC(usbCtrl));
    this.toChip = []; // what the host sends, while the chip has no buffer for it
    this.wanted = null; // bytes that the chip's buffer takes
    this.hostReads = true;
    this.unread = []; // the chip's packets while the host reads nothing
    this.configured = false;
    usbCtrl.readDelayMicroseconds = usbCtrl.writeDelayMicroseconds = 50; // 64 bytes at 12 Mbit/s
    const onRead = usbCtrl.onEndpointRead;
    usbCtrl.onEndpointRead = (endpoint, size) => {
      if (endpoint !== cdc.outEndpoint) return onRead(endpoint, size);
      this.wanted = size;
      this.pump();
    };
    const updated = usbCtrl.DPRAMUpdated.bind(usbCtrl);
    usbCtrl.DPRAMUpdated = (offset, value) => {
      const data = cdc.inEndpoint > 0 && offset === 0x80 + 8 * cdc.inEndpoint;
      if (data && !this.hostReads) this.unread.push([offset, value]);
      else updated(offset, value);
    };
    this.release = () => {
      for (const [offset, value] of this.unread.splice(0)) updated(offset, value);
    };
    cdc.onDeviceConnected = () => {
      this.configured = true;
      this.board.usbUp();
    };
    cdc.onSerialData = (data) => this.board.usbOut(data);
  }
  pump() {
    if (this.wanted === null || !this.toChip.length) return;
    const part = this.toChip.splice(0, Math.min(this.wanted, 64));
    this.wanted = null;
    this.mcu.usbCtrl.endpointReadDone(this.cdc.outEndpoint, new Uint8Array(part));
  }
  usbIn(bytes) {
    for (const byte of bytes) this.toChip.push(byte);
    this.pump();
  }
  reading(on) {
    this.hostReads = on;
    if (on) this.release();
  }

  // Its boot ROM says 0 in the FIFO when the PSM lets it go.
  attachCore1() {
    const { sio, peripherals } = this.mcu, psm = peripherals[PSM];
    this.fifo = [];
    const read = sio.readUint32.bind(sio), write = sio.writeUint32.bind(sio);
    sio.readUint32 = (offset) => {
      if (offset === FIFO_STATUS) return FIFO_READY | (this.fifo.length ? FIFO_VALID : 0);
      return offset === FIFO_READ ? (this.fifo.shift() ?? 0) : read(offset);
    };
    sio.writeUint32 = (offset, value) => {
      if (offset !== FIFO_STATUS && offset !== FIFO_WRITE) write(offset, value);
    };
    const writePsm = psm.writeUint32.bind(psm);
    psm.writeUint32 = (offset, value) => {
      const freed = offset === PSM_FORCE_OFF && psm.frceOff & PSM_CORE1 && !(value & PSM_CORE1);
      if (freed) this.fifo.push(0);
      writePsm(offset, value);
    };
  }

  attachWatchdog(reason, scratch) {
    const watchdog = (this.watchdog = this.mcu.peripherals[WATCHDOG]);
    watchdog.reason = reason;
    watchdog.scratchData.set(scratch);
    watchdog.onWatchdogTrigger = () => {
      watchdog.timer.enable = watchdog.alarm.enable = false; // or its alarm would call for ever
      this.end(watchdog.reason === TIMER ? 'watchdog' : 'reset', watchdog.reason);
    };
  }
  end(cause, reason) {
    const scratch = cause === 'power' ? new Uint32Array(8) : this.watchdog.scratchData;
    this.ended ??= { cause, reason, scratch: Array.from(scratch) };
  }

  // ---- time -------------------------------------------------------------------------------------

  // Nanoseconds of this life, to the instruction.
  get age() {
    return this.clock.nanos + this.pending;
  }
  // Live on for NANOS at the most, until this life ends or stop() holds.
  run(nanos, stop) {
    const { clock } = this, { core } = this.mcu, end = clock.nanos + nanos;
    while (clock.nanos < end && !this.ended && !stop()) {
      const due = clock.nextAlarm ? clock.nanosToNextAlarm : 1e6;
      const room = Math.min(due, end - clock.nanos);
      if (core.waiting || this.stuck) {
        this.pass(Math.max(room, 1));
        continue;
      }
      let left = BATCH;
      do {
        this.pending += core.executeInstruction() * CYCLE_NANOS;
      } while (--left && this.pending < room && !core.waiting && !core.PM && !this.ended);
      this.busy += this.pending;
      this.pass(0);
    }
  }
}

// What the timer counts: the clock, and days that were skipped.
class Ticker {
  constructor(clock) {
    this.clock = clock;
    this.skipped = 0;
  }
  get nanos() {
    return this.clock.nanos + this.skipped;
  }
}

// Where the boot ROM has the function CODE (datasheet 2.8.3: a pointer at 0x14 to pairs of halfwords).
function romFunction(rom16, code) {
  const wanted = code.charCodeAt(0) | (code.charCodeAt(1) << 8);
  for (let at = rom16[0x14 >> 1] >> 1; rom16[at]; at += 2) {
    if (rom16[at] === wanted) return rom16[at + 1] & ~1;
  }
  throw new Error(`the boot ROM has no function ${code}`);
}
