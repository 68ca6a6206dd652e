import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = Symbol('mira-auth:public');

/** Opens a route, or all routes of a controller, to requests without a session. */
export const Public = (): CustomDecorator<symbol> => SetMetadata(IS_PUBLIC, true);
