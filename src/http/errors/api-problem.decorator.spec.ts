import { Controller, Get } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';

import { CONTRACT_STATUS } from '../../../test/support/problem';
import { ApiProblem } from './api-problem.decorator';

@Controller('things')
class ThingsController {
  @Get()
  @ApiProblem('session_missing', 'rate_limited', 'session_expired', 'method_not_allowed')
  list() {
    return [];
  }
}

describe('ApiProblem', () => {
  const describeThings = async () => {
    const module = await Test.createTestingModule({ controllers: [ThingsController] }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    await app.close();
    return document;
  };

  it('documents one response for each status with the codes that it stands for', async () => {
    const { paths } = await describeThings();
    const responses = paths['/things']?.get?.responses ?? {};
    expect(Object.keys(responses)).toEqual(['401', '405', '429']);
    expect(responses['401']).toEqual({
      description: '`session_missing`: Sign-in required.\n`session_expired`: Session expired.',
      headers: { 'WWW-Authenticate': { description: 'Bearer', schema: { type: 'string' } } },
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/ProblemDto' },
              {
                type: 'object',
                properties: {
                  code: { type: 'string', enum: ['session_missing', 'session_expired'] },
                },
              },
            ],
          },
        },
      },
    });
  });

  it('documents the headers that belong to a status', async () => {
    const { paths } = await describeThings();
    const responses = paths['/things']?.get?.responses ?? {};
    expect(responses).toMatchObject({
      405: { headers: { Allow: { schema: { type: 'string' } } } },
      429: { headers: { 'Retry-After': { schema: { type: 'integer', minimum: 1 } } } },
    });
  });

  it('describes the problem itself with every code of the contract', async () => {
    const { components } = await describeThings();
    expect(components?.schemas?.['ProblemDto']).toMatchObject({
      required: ['type', 'title', 'status', 'detail', 'code'],
      properties: {
        code: { enum: Object.keys(CONTRACT_STATUS) },
        errors: { type: 'array', items: { $ref: '#/components/schemas/FieldErrorDto' } },
        retry_after: { type: 'integer', minimum: 1 },
      },
    });
  });
});
