import { existsSync, readFileSync } from 'node:fs';

import { readEnvironment, readMigrationEnvironment } from '../../../src/app/env';
import { readComposeFile } from '../../support/docker/compose-file';
import { type DockerStage, readDockerStages, valuesOf } from '../../support/docker/dockerfile';
import { inRepository } from '../../support/repository';

// There is no Docker engine here. What these files say is checked against what the service and the
// images want, so that a change of one of them that the other misses is seen.

const SECRETS = {
  AUTH_MASTER_KEY: '0123456789abcdef'.repeat(4),
  AUTH_DB_PASSWORD: 'password-of-the-service',
  AUTH_DB_ADMIN_PASSWORD: 'password-of-the-owner',
  POSTGRES_PASSWORD: 'password-of-the-superuser',
};
const { services, networks, volumes } = readComposeFile(SECRETS);
const { postgres, migrate, service, mailpit } = services;

const textOf = (path: string): string => readFileSync(inRepository(path), 'utf8');

/** The source of what `node dist/….js` runs. */
const sourceOf = (built: string): string => built.replace(/^dist\/(.*)\.js$/, '$1.ts');

/** Values of one process that may not be in another's environment. */
const secretsIn = (environment: Readonly<Record<string, string>>): string[] =>
  Object.entries(SECRETS)
    .filter(([, secret]) => Object.values(environment).includes(secret))
    .map(([name]) => name);

describe('docker-compose.yml', () => {
  it.each(Object.keys(SECRETS))('wants %s, and says where it comes from', (name) => {
    expect(() => readComposeFile({ ...SECRETS, [name]: '' })).toThrow(
      `${name} is missing, make .env as docker-compose.yml says`,
    );
  });

  it.each(['docker-compose.yml', 'docs/operations.md'])(
    'gets all secrets from the lines that %s has for it',
    (file) => {
      const names = /for name in ([A-Z_\\#\s]+); do/.exec(textOf(file))?.[1]?.match(/[A-Z_]+/g);
      expect(names?.sort()).toEqual(Object.keys(SECRETS).sort());
    },
  );

  it('tells the service all that it needs, and nothing that it does not know', () => {
    const { auth, http, warnings } = readEnvironment(service.environment, 'production');
    expect(warnings).toEqual([]);
    expect(auth.database.url).toBe(
      `postgres://mira_app:${SECRETS.AUTH_DB_PASSWORD}@postgres:5432/auth_db`,
    );
    expect(auth.mail).toMatchObject({ smtpUrl: 'smtp://mailpit:1025' });
    expect(auth.publicUrl).toBe('http://localhost:3000');
    expect(http).toEqual({ host: '0.0.0.0', port: 3000 });
  });

  it('sends people to the port of this machine that was chosen', () => {
    const moved = readComposeFile({ ...SECRETS, PORT: '8080' }).services.service;
    expect(moved.ports).toEqual(['127.0.0.1:8080:3000']);
    expect(moved.environment['AUTH_PUBLIC_URL']).toBe('http://localhost:8080');
    expect(readEnvironment(moved.environment, 'production').http.port).toBe(3000);
  });

  it('tells `migrate` the owner of the schema, and the role to grant to', () => {
    expect(readMigrationEnvironment(migrate.environment)).toEqual({
      adminUrl: `postgres://mira_admin:${SECRETS.AUTH_DB_ADMIN_PASSWORD}@postgres:5432/auth_db`,
      runtimeRole: service.environment['AUTH_DB_USER'],
      ssl: false,
    });
    const both = { ...service.environment, ...migrate.environment };
    expect(readEnvironment(both, 'production').warnings).not.toContainEqual(
      expect.stringContaining('is not a variable of this service'),
    );
  });

  it('gives each process the secrets of its work alone', () => {
    expect(secretsIn(service.environment)).toEqual(['AUTH_MASTER_KEY', 'AUTH_DB_PASSWORD']);
    expect(secretsIn(migrate.environment)).toEqual(['AUTH_DB_ADMIN_PASSWORD']);
    expect(secretsIn(mailpit.environment)).toEqual([]);
    expect(secretsIn(postgres.environment)).not.toContain('AUTH_MASTER_KEY');
  });

  it.each([
    ['service', service],
    ['migrate', migrate],
    ['mailpit', mailpit],
  ])('lets %s write nowhere but to memory, and gain nothing', (_name, one) => {
    expect(one).toMatchObject({
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('opens ports to this machine only, and none of the database', () => {
    const ports = Object.values(services).flatMap((one) => one.ports ?? []);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(postgres.ports).toBeUndefined();
    expect(postgres.networks).toEqual(['database']);
    expect(networks['database']).toEqual({ internal: true });
    expect(mailpit.networks).not.toContain('database');
  });

  it('starts the service on a database that is up and migrated', () => {
    expect(migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(service.depends_on).toMatchObject({
      postgres: { condition: 'service_healthy' },
      migrate: { condition: 'service_completed_successfully' },
    });
    expect(migrate.healthcheck).toEqual({ disable: true });
    // The server that makes the roles on the first start does not listen on TCP.
    expect(postgres.healthcheck?.test).toContain('--host=127.0.0.1');
  });

  it('gives the service the time that it takes to stop', () => {
    expect(service.init).toBe(true);
    expect(migrate.init).toBe(true);
    expect(service.stop_grace_period).toMatch(/^(1[2-9]|[2-9]\d)s$/);
  });

  it('keeps data where this version of the PostgreSQL image has them', () => {
    const major = Number(/^postgres:(\d+)/.exec(postgres.image)?.[1]);
    expect(major).toBeGreaterThanOrEqual(18);
    const [data, script] = postgres.volumes?.map((volume) => volume.split(':')) ?? [];
    expect(data).toEqual(['postgres-data', '/var/lib/postgresql']);
    expect(volumes).toHaveProperty('postgres-data');
    expect(script?.slice(1)).toEqual(['/docker-entrypoint-initdb.d/10-roles.sql', 'ro']);
    expect(existsSync(inRepository(script?.[0] ?? ''))).toBe(true);
  });

  it('names the versions of what it takes from others, and builds our own', () => {
    expect(postgres.image).toMatch(/:\d+-\w+$/);
    expect(mailpit.image).toMatch(/:v\d+\.\d+\.\d+$/);
    for (const { image, build, pull_policy: policy } of [service, migrate]) {
      expect({ image, build, policy }).toEqual({
        image: 'mira-auth:local',
        build: '.',
        policy: 'build',
      });
    }
  });

  it('runs what is in the image', () => {
    expect(migrate.command?.[0]).toBe('node');
    expect(existsSync(inRepository(sourceOf(migrate.command?.[1] ?? '')))).toBe(true);
    expect(service.command).toBeUndefined();
    expect(service.healthcheck?.test).toEqual(['CMD', 'node', 'healthcheck.mjs', 'ready']);
  });
});

describe('the Dockerfile', () => {
  const stages = readDockerStages();
  const [build, dependencies, runtime] = stages as [DockerStage, DockerStage, DockerStage];

  /** What the stages take from the repository, and not from one another. */
  const sources = stages
    .flatMap((stage) => valuesOf(stage, 'COPY'))
    .filter((value) => !value.startsWith('--from='))
    .flatMap((value) => value.split(' ').slice(0, -1));

  it('has three stages on one image, of the Node.js that we develop with', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'dependencies', undefined]);
    const [image, ...others] = new Set(stages.map(({ base }) => base));
    expect(others).toEqual([]);
    expect(image).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim$/);
    expect(image).toContain(`:${textOf('.nvmrc').trim()}.`);
  });

  it('builds from the lockfile, and installs for production without scripts', () => {
    expect(valuesOf(build, 'RUN')).toEqual([
      expect.stringMatching(/^npm ci --ignore-scripts /),
      expect.stringMatching(/^npm run build && /),
    ]);
    expect(valuesOf(dependencies, 'RUN')).toEqual([
      expect.stringMatching(/^npm ci --omit=dev --omit=optional --ignore-scripts /),
    ]);
    const copied = valuesOf(runtime, 'COPY');
    expect(copied).toContain('--from=dependencies /app/node_modules node_modules');
    expect(copied.every((value) => /^--from=(build|dependencies) /.test(value))).toBe(true);
  });

  it('gives the compiler all that it reads', () => {
    const { extends: base, include } = JSON.parse(textOf('tsconfig.build.json')) as {
      extends: string;
      include: string[];
    };
    expect(sources).toEqual(
      expect.arrayContaining([base.replace('./', ''), 'tsconfig.build.json', ...include]),
    );
  });

  it('can read from the repository what it copies, and nothing else', () => {
    for (const source of sources) expect(existsSync(inRepository(source))).toBe(true);
    const [first, ...rules] = textOf('.dockerignore')
      .split('\n')
      .filter((line) => !/^(#|$)/.test(line));
    expect(first).toBe('*');
    expect(rules.at(-1)).toBe('**/*.spec.ts');
    expect(rules.slice(0, -1).sort()).toEqual(
      [...new Set(sources)].map((path) => `!${path}`).sort(),
    );
  });

  it('runs the service itself, as nobody in particular, and hands it the signals', () => {
    expect(valuesOf(runtime, 'USER')).toEqual([expect.stringMatching(/^[1-9]\d{3,}:[1-9]\d{3,}$/)]);
    expect(valuesOf(runtime, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(valuesOf(runtime, 'ENV')).toEqual(['NODE_ENV=production']);
    expect(valuesOf(runtime, 'ENTRYPOINT')).toEqual([]);
    const [command, ...more] = valuesOf(runtime, 'CMD').map(
      (value) => JSON.parse(value) as unknown,
    );
    expect(more).toEqual([]);
    expect(command).toEqual(['node', 'dist/src/app/main.js']);
    expect(existsSync(inRepository(sourceOf('dist/src/app/main.js')))).toBe(true);
  });

  it('asks for its health whether it lives, with Node.js alone', () => {
    const [health] = valuesOf(runtime, 'HEALTHCHECK');
    expect(health).toMatch(/ CMD \["node", "healthcheck\.mjs"\]$/);
    expect(valuesOf(build, 'COPY')).toContain('docker/healthcheck.mjs ./');
    expect(valuesOf(runtime, 'COPY').join()).toContain('/build/healthcheck.mjs');
  });
});
