import 'reflect-metadata';

import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/**
 * Nest's decorators without their syntax, which Node.js does not know.
 *
 * @param {new (...dependencies: any[]) => object} controller
 * @param {string} method
 * @param {MethodDecorator[]} decorators
 */
export function decorate(controller, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, method);
  if (descriptor === undefined) throw new TypeError(`there is no method ${method}`);
  for (const decorator of decorators) decorator(controller.prototype, method, descriptor);
}

/**
 * A NestJS application of one controller, as `nest new` makes it, without its log.
 *
 * @param {new (...dependencies: any[]) => object} controller
 * @param {import('@nestjs/common').ModuleMetadata} [metadata] of its module
 * @returns {Promise<import('@nestjs/platform-express').NestExpressApplication>}
 */
export async function createApplication(controller, metadata = {}) {
  Controller()(controller);
  class ApplicationModule {}
  Module({ ...metadata, controllers: [controller] })(ApplicationModule);
  return NestFactory.create(ApplicationModule, { logger: ['error', 'warn'] });
}
