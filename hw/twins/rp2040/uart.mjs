// The RP2040's UART (ARM PL011) as its manual has it: rp2040js sends a byte at once and raises the
// transmit interrupt for ever. Here bytes leave at the line's pace, 32 deep, held by CTS.
// Rules: RP2040 datasheet 4.2 (UARTFR, UARTIFLS, UARTCR, "Interrupts"; transmit is edge triggered).

import { RPUART } from './emulator.mjs';

const FIFO = 32;
const TRIGGER = [4, 8, 16, 24, 28]; // bytes at UARTIFLS 0…4
const DR = 0x00, IFLS = 0x34, DMACR = 0x48;
const RX_INT = 1 << 4, TX_INT = 1 << 5, TIMEOUT_INT = 1 << 6;
const CTS_ENABLED = 1 << 15;
const BITS = 10; // start, eight of data, stop
const TIMEOUT_BITS = 32;
const UART_FUNCTION = 2; // GPIO_CTRL.FUNCSEL

export class Pl011 extends RPUART {
  // pins: the numbers of TX, RX, CTS, RTS. bug: one of those that serve.mjs lists, or ''.
  attach(clock, pins, onByte, speed, bug) {
    this.pins = pins;
    this.onLine = onByte;
    this.speed = speed;
    this.bug = bug;
    this.tx = [];
    this.shifting = null; // the byte on the line
    this.levels = 0x12;
    this.held = false; // the peer's CTS, as the pin sees it: high = wait
    this.arriving = [];
    this.receiving = false;
    this.sent = 0;
    this.lost = 0; // bytes that came in and found no room
    this.raised = 0;
    this.shiftAlarm = clock.createAlarm(() => this.shifted());
    this.arriveAlarm = clock.createAlarm(() => this.arrived());
    this.timeoutAlarm = clock.createAlarm(() => {
      if (!this.rxFIFO.empty) this.raise(TIMEOUT_INT);
    });
  }

  get byteNanos() {
    return (BITS * 1e9) / (this.intDivisor ? this.baudRate : 115200) / this.speed;
  }
  get depth() {
    return this.fifosEnabled ? FIFO : 1;
  }
  get txTrigger() {
    return this.fifosEnabled ? TRIGGER[Math.min(this.levels & 7, 4)] : 0;
  }
  get rxTrigger() {
    return this.fifosEnabled ? TRIGGER[Math.min((this.levels >> 3) & 7, 4)] : 1;
  }
  get flags() {
    return (
      (this.held ? 0 : 1) |
      (this.shifting !== null || this.tx.length ? 1 << 3 : 0) |
      (this.rxFIFO.empty ? 1 << 4 : 0) |
      (this.tx.length >= this.depth ? 1 << 5 : 0) |
      (this.rxFIFO.full ? 1 << 6 : 0) |
      (this.tx.length ? 0 : 1 << 7)
    );
  }
  // Whether the peer's CTS holds the line: only where software gave the pin to the UART.
  get waits() {
    if (this.bug === 'cts-ignored') return false;
    const given = this.rp2040.gpio[this.pins.cts].functionSelect === UART_FUNCTION;
    return this.held && given && !!(this.ctrlRegister & CTS_ENABLED);
  }

  checkInterrupts() {
    this.rp2040.setInterrupt(this.irq, !!(this.interruptStatus & this.interruptMask));
  }
  raise(bit) {
    if (bit === TX_INT && this.bug === 'uart-interrupt-dropped' && ++this.raised > 24) return;
    this.interruptStatus |= bit;
    this.checkInterrupts();
  }
  lower(bit) {
    this.interruptStatus &= ~bit;
    this.checkInterrupts();
  }

  next() {
    if (this.shifting !== null || !this.tx.length || this.waits) return;
    this.shifting = this.tx.shift();
    this.shiftAlarm.schedule(this.byteNanos);
    if (this.tx.length === this.txTrigger) this.raise(TX_INT);
  }
  shifted() {
    const byte = this.shifting;
    this.shifting = null;
    this.sent++;
    if (this.rp2040.gpio[this.pins.tx].functionSelect === UART_FUNCTION) this.onLine(byte);
    this.next();
  }
  setCts(held) {
    this.held = held;
    this.next();
  }

  feed(bytes) {
    this.arriving.push(...bytes);
    this.receive();
  }
  receive() {
    if (this.receiving || !this.arriving.length) return;
    this.receiving = true;
    this.arriveAlarm.schedule(this.byteNanos);
  }
  arrived() {
    this.receiving = false;
    const byte = this.arriving.shift();
    if (!this.enabled || !this.rxEnabled || this.rxFIFO.itemCount >= this.depth) {
      this.lost++;
    } else {
      this.rxFIFO.push(byte);
      if (this.rxFIFO.itemCount >= this.rxTrigger) this.raise(RX_INT);
      this.timeoutAlarm.schedule((this.byteNanos * TIMEOUT_BITS) / BITS);
    }
    this.receive();
  }

  readUint32(offset) {
    if (offset === IFLS) return this.levels;
    if (offset === DMACR) return 0;
    if (offset !== DR) return super.readUint32(offset);
    const byte = this.rxFIFO.pull();
    if (this.rxFIFO.itemCount < this.rxTrigger) this.lower(RX_INT);
    if (this.rxFIFO.empty) this.lower(TIMEOUT_INT);
    return byte;
  }
  writeUint32(offset, value) {
    if (offset === IFLS) this.levels = value & 0x3f;
    else if (offset === DMACR) return;
    else if (offset !== DR) {
      super.writeUint32(offset, value);
      this.next(); // CTS may not count any more
    } else {
      if (this.tx.length < this.depth) this.tx.push(value & 0xff);
      if (this.tx.length > this.txTrigger) this.lower(TX_INT);
      this.next();
    }
  }
}
