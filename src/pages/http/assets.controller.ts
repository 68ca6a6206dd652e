import { Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { AuthError } from '../../common/errors';
import { ContractController } from '../../http/contract-controller.decorator';
import type { HeaderSink } from '../../http/header-sink';
import { Public } from '../../session/http/public.decorator';
import { PageAssets } from '../page-assets.service';

/** The scripts, styles and images that the hosted pages load. */
@ApiExcludeController()
@Public()
@ContractController('auth/assets')
export class AssetsController {
  constructor(private readonly assets: PageAssets) {}

  @Get(':name')
  asset(@Param('name') name: string, @Res({ passthrough: true }) response: HeaderSink): string {
    const asset = this.assets.find(name);
    if (asset === undefined) throw new AuthError('not_found', 'There is nothing here.');
    response.header('Content-Type', asset.type);
    return asset.content;
  }
}
