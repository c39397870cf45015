import { t } from '../../lib/text';
import type { Channel } from './types';

export const channelName = (channel: Channel): string => channel.name || t('channels.unnamed', { id: channel.id });
