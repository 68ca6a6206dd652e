import type { INestApplication } from '@nestjs/common';
import {
  Body,
  type CanActivate,
  Controller,
  Get,
  Module,
  Post,
  Query,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsOptional, IsString } from 'class-validator';
import type { Response } from 'express';
import request from 'supertest';

import { SessionError, UnavailableError } from '../../common/errors';
import { BodyGuard } from '../body/body.guard';
import { authValidationPipe } from '../body/contract-validation.pipe';
import { ContractHeadersInterceptor } from '../contract-headers.interceptor';
import { HTTP_OPTIONS, type HttpOptions } from '../http-options';
import { OriginGuard } from '../origin/origin.guard';
import { ProblemException } from './problem.exception';
import { ProblemFilter } from './problem.filter';

const ALLOWED = 'https://app.example.com';

class NoteDto {
  @IsOptional()
  @IsString()
  note?: string;
}

@Controller('auth')
@UseFilters(ProblemFilter)
@UseGuards(OriginGuard, BodyGuard)
@UsePipes(authValidationPipe())
@UseInterceptors(ContractHeadersInterceptor)
class AuthController {
  @Post('note')
  create(@Body() body: NoteDto) {
    return body;
  }

  @Get('note')
  read(@Query() query: NoteDto) {
    return query;
  }

  @Get('away')
  away() {
    throw new UnavailableError(3);
  }

  @Get('begun')
  begun(@Res() response: Response) {
    response.write('begun');
    throw new Error('too late');
  }
}

class SessionGuard implements CanActivate {
  canActivate(): never {
    throw new ProblemException(new SessionError('session_missing', 'Sign in first.'));
  }
}

@Controller('host')
class HostController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded() {
    return {};
  }
}

@Module({
  controllers: [AuthController, HostController],
  providers: [
    {
      provide: HTTP_OPTIONS,
      useValue: { allowedOrigins: [ALLOWED], publicUrl: ALLOWED } satisfies HttpOptions,
    },
  ],
})
class HostModule {}

describe('our controllers in a host with its own parser, filters and router', () => {
  let app: INestApplication;
  let lines: string[];
  const server = () => request(app.getHttpServer());
  const code = (answer: request.Response) => [
    answer.status,
    (answer.body as { code: string }).code,
  ];

  beforeAll(async () => {
    lines = [];
    const write = (...parts: unknown[]) => void lines.push(JSON.stringify(parts));
    const module = await Test.createTestingModule({ imports: [HostModule] }).compile();
    app = module.createNestApplication({ logger: { log: write, warn: write, error: write } });
    await app.listen(0, '127.0.0.1');
  });
  beforeEach(() => (lines.length = 0));
  afterAll(() => app.close());

  it('answer with the headers of the contract', async () => {
    for (const path of ['/auth/note', '/auth/away']) {
      const answer = await server().get(path).set('X-Request-Id', 'request-0001');
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-request-id': 'request-0001',
      });
    }
  });

  it('answer 503 with Retry-After and a warning in the log', async () => {
    const answer = await server().get('/auth/away');
    expect(code(answer)).toEqual([503, 'unavailable']);
    expect(answer.headers['retry-after']).toBe('3');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Request could not be served');
  });

  it('end an answer that had begun when the error came', async () => {
    const answer = await server().get('/auth/begun');
    expect(answer.text).toBe('begun');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Request failed');
  });

  it('refuse a form that the host’s parser has read', async () => {
    const answer = await server().post('/auth/note').type('form').send({ note: 'x' });
    expect(code(answer)).toEqual([415, 'unsupported_media_type']);
  });

  it.each([
    ['5,000 levels deep', `{"note":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['with __proto__', '{"__proto__":{"note":1}}'],
    ['with NUL', '{"note":"\\u0000"}'],
    ['an array', '[]'],
    ['with an unknown field', '{"note":"a","role":"admin"}'],
  ])('refuse a body %s', async (_, body) => {
    const answer = await server().post('/auth/note').type('json').send(body);
    expect(code(answer)).toEqual([400, 'invalid_request']);
  });

  it('take what fits', async () => {
    expect((await server().post('/auth/note').send({ note: 'a' })).body).toEqual({ note: 'a' });
    expect((await server().get('/auth/note?note=a')).body).toEqual({ note: 'a' });
  });

  describe('apply the origin rule', () => {
    it('before they look at the body', async () => {
      const answer = await server()
        .post('/auth/note')
        .set('Origin', 'https://attacker.test')
        .send({ role: 'admin' });
      expect(code(answer)).toEqual([403, 'origin_forbidden']);
    });

    it('to Sec-Fetch-Site without an Origin', async () => {
      const from = (site: string) =>
        server().post('/auth/note').set('Sec-Fetch-Site', site).send({});
      expect(code(await from('cross-site'))).toEqual([403, 'origin_forbidden']);
      expect((await from('same-origin')).status).toBe(201);
    });

    it('letting allowed origins and callers that are no browsers through', async () => {
      expect((await server().post('/auth/note').set('Origin', ALLOWED).send({})).status).toBe(201);
      expect((await server().post('/auth/note').send({})).status).toBe(201);
    });

    it('not to requests that change nothing', async () => {
      const answer = await server().get('/auth/note').set('Origin', 'https://attacker.test');
      expect(answer.status).toBe(200);
    });
  });

  it('leave the answers to a guard of ours on a host’s route to the host’s filter', async () => {
    const answer = await server().get('/host/guarded');
    expect(code(answer)).toEqual([401, 'session_missing']);
    expect(answer.body).toMatchObject({
      type: 'urn:mira-auth:problem:session_missing',
      status: 401,
    });
  });
});
