import { readFileSync } from 'node:fs';

import { inRepository } from '../repository';

export interface DockerInstruction {
  /** In upper case, such as `COPY`. */
  readonly name: string;
  /** The rest of the instruction on one line. */
  readonly value: string;
}

export interface DockerStage {
  /** The image or the earlier stage that it begins with. */
  readonly base: string;
  /** @default none: the last stage, usually */
  readonly name: string | undefined;
  readonly instructions: readonly DockerInstruction[];
}

/** The stages of our `Dockerfile`, with the defaults of its global arguments filled in. */
export function readDockerStages(): DockerStage[] {
  const instructions = parseDockerfile(readFileSync(inRepository('Dockerfile'), 'utf8'));
  const first = instructions.findIndex(({ name }) => name === 'FROM');
  const defaults = new Map(
    instructions.slice(0, first).map(({ value }) => value.split('=', 2) as [string, string]),
  );
  return instructions.flatMap(({ name, value }, index) => {
    if (name !== 'FROM') return [];
    const [image = '', , stage] = value.split(/\s+/);
    const end = instructions.findIndex((next, at) => at > index && next.name === 'FROM');
    return {
      base: image.replace(
        /\$\{(\w+)\}/g,
        (_form, argument: string) => defaults.get(argument) ?? '',
      ),
      name: stage,
      instructions: instructions.slice(index + 1, end === -1 ? undefined : end),
    };
  });
}

/** @returns the values of the instructions of one name. */
export function valuesOf(stage: DockerStage, name: string): string[] {
  return stage.instructions.filter((one) => one.name === name).map(({ value }) => value);
}

function parseDockerfile(text: string): DockerInstruction[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, name = '', value = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not an instruction: ${line}`);
      return { name, value };
    });
}
