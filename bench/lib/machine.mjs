import { cpus, totalmem } from 'node:os';

/**
 * What the figures were measured on.
 *
 * @typedef {object} Machine
 * @property {string} date ISO 8601, UTC
 * @property {string} processor
 * @property {number} cores
 * @property {number} memoryGiB
 * @property {string} node
 * @property {string} postgres
 * @property {string} generator of the load
 */

/**
 * @param {{ postgres: string, generator: string }} versions
 * @returns {Machine}
 */
export function describeMachine({ postgres, generator }) {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres,
    generator,
  };
}
