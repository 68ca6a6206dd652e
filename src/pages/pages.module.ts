import { Module } from '@nestjs/common';

import { DeviceCookie } from '../context/http/device-cookie.service';
import { AssetsController } from './http/assets.controller';
import { PagesController } from './http/pages.controller';
import { PageAssets } from './page-assets.service';
import { PageRenderer } from './page-renderer.service';

/** The hosted pages: people can sign in with them, without any other client. */
@Module({
  controllers: [PagesController, AssetsController],
  providers: [PageRenderer, PageAssets, DeviceCookie],
})
export class PagesModule {}
