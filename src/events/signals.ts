import { createHmac, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../kernel/ids';

/** What a registration may be recognised by. Kept as keyed hashes only (R5.5). */
export type SignalKind = 'email' | 'phone' | 'payment';

/** Hosts that are one mailbox provider and ignore dots in the local part (R5.5). */
const DOTLESS_HOSTS = new Set(['gmail.com', 'googlemail.com']);

/**
 * An e-mail address as two spellings of one mailbox share it (R5.5): lower case, without a +tag on any
 * host, without dots on gmail.com and googlemail.com, which are one host.
 */
export function normalizeEmail(email: string): string {
  const lower = email.trim().toLowerCase();
  const at = lower.lastIndexOf('@');
  const host = lower.slice(at + 1);
  const untagged = lower.slice(0, at).replace(/(?!^)\+.*$/s, '');
  if (!DOTLESS_HOSTS.has(host)) return `${untagged}@${host}`;
  return `${untagged.replaceAll('.', '')}@gmail.com`;
}

/** A phone number by its ASCII digits alone. */
export function normalizePhone(phone: string): string {
  return phone.replace(/[^0-9]/g, '');
}

/** The keyed hash (HMAC-SHA256, hex) of a normalised signal; equal text of two kinds gives two hashes. */
export function signalHash(key: KeyObject, kind: SignalKind, normalized: string): string {
  return keyed(key, `${kind}:${normalized}`);
}

/**
 * The keyed digest (HMAC-SHA256, hex) of everything a repeated event has to repeat. Keyed, because
 * the content may hold personal data that a bare hash would let somebody guess.
 */
export function contentDigest(key: KeyObject, content: unknown): string {
  return keyed(key, `event:${canonicalJson(content)}`);
}

function keyed(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}
