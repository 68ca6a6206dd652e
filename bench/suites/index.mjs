import * as coldstart from './coldstart/measure.mjs';
import { present as presentColdStart } from './coldstart/present.mjs';
import * as growth from './growth/measure.mjs';
import { present as presentGrowth } from './growth/present.mjs';
import * as guard from './guard/measure.mjs';
import { present as presentGuard } from './guard/present.mjs';
import * as instances from './instances/measure.mjs';
import { present as presentInstances } from './instances/present.mjs';
import * as memory from './memory/measure.mjs';
import { present as presentMemory } from './memory/present.mjs';
import * as signin from './signin/measure.mjs';
import { present as presentSignIn } from './signin/present.mjs';

/**
 * @typedef {object} Suite
 * @property {(quick: boolean) => number} plannedSeconds roughly
 * @property {(run: import('../lib/run.mjs').Run) => Promise<any>} measure
 * @property {(data: any) => import('../report/section.mjs').Section} present
 */

/**
 * @param {Omit<Suite, 'present'>} measuring
 * @param {Suite['present']} present
 * @returns {Suite}
 */
const suite = (measuring, present) => ({ ...measuring, present });

/** In the order in which they run and are reported. @type {Record<string, Suite>} */
export const suites = {
  guard: suite(guard, presentGuard),
  signin: suite(signin, presentSignIn),
  memory: suite(memory, presentMemory),
  growth: suite(growth, presentGrowth),
  instances: suite(instances, presentInstances),
  coldstart: suite(coldstart, presentColdStart),
};
