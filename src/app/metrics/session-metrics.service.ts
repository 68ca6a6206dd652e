import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';

import { SessionAuthenticator } from '../../session/authenticate/session-authenticator.service';
import { SessionCache } from '../../session/memory/session-cache.service';
import { SessionRevocationFeed } from '../../session/memory/session-revocation-feed.service';
import { registerStateGauge } from './state-gauge';

/** The metrics of session checks: how many the memory answered, and whether it may. */
@Injectable()
export class SessionMetrics {
  constructor(
    { answered }: SessionAuthenticator,
    cache: SessionCache,
    feed: SessionRevocationFeed,
    registry: Registry,
  ) {
    const registers = [registry];
    new Counter({
      name: 'mira_auth_session_checks_total',
      help: 'Sessions that were answered for from memory, and those that were looked up.',
      labelNames: ['source'],
      registers,
      collect() {
        // The numbers are counted elsewhere, and a counter has no way to set it.
        this.reset();
        this.inc({ source: 'memory' }, answered.fromMemory);
        this.inc({ source: 'database' }, answered.fromDatabase);
      },
    });
    new Gauge({
      name: 'mira_auth_session_cache_entries',
      help: 'Sessions that are kept in memory.',
      registers,
      collect() {
        this.set(cache.size);
      },
    });
    registerStateGauge(registry, {
      name: 'mira_auth_session_lease',
      help: 'Whether sessions are answered for from memory: held, lost (each is looked up), or off.',
      states: ['held', 'lost', 'off'],
      current: () => feed.state,
    });
  }
}
