// A language: copy en.ts to, say, de.ts, translate what stands right of the colons, and add it here.
import type { Texts } from '../lib/text';
import { en } from './en';

export const languages: Record<string, Texts> = { en };
