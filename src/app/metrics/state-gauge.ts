import { Gauge, type Registry } from 'prom-client';

/** What a gauge of states tells. */
interface StateGaugeSettings<State extends string> {
  readonly name: string;
  readonly help: string;
  readonly states: readonly State[];
  /** The state at this moment. */
  readonly current: () => State;
}

/** Registers one gauge with a series for each state: 1 for the current one, 0 for the others. */
export function registerStateGauge<State extends string>(
  registry: Registry,
  { name, help, states, current }: StateGaugeSettings<State>,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const now = current();
      for (const state of states) this.set({ state }, state === now ? 1 : 0);
    },
  });
}
