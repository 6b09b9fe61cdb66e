// What is used of rp2040js, in one place: the package exports its front alone, and the twin needs a
// few classes behind it. TRAM_RP2040JS is the package's folder (setup/rp2040js says where).

import { pathToFileURL } from 'node:url';

const folder = process.env.TRAM_RP2040JS;
if (!folder) throw new Error('TRAM_RP2040JS is not set: where is the package rp2040js?');
const at = (file) => import(pathToFileURL(`${folder}/dist/esm/${file}`).href);

export const { RP2040, USBCDC, ConsoleLogger, LogLevel, GPIOPinState } = await at('index.js');
export const { RPUART } = await at('peripherals/uart.js');
