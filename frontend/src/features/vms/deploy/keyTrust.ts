import type { SignatureFault } from '@/crypto/kmsSignature';
import type { CheckedKey } from './useKmsKey';

/** How far a KMS's key can be relied upon. */
export type Trust = 'trusted' | 'first' | 'other' | SignatureFault;

export const trustOf = ({ verdict }: CheckedKey, trusted: readonly string[]): Trust => {
  if (verdict.fault !== null) return verdict.fault;
  if (trusted.includes(verdict.signer.publicKey)) return 'trusted';
  return trusted.length === 0 ? 'first' : 'other';
};

/** What a user has agreed to of a key whose signature is not good: this fault of this key, and no other. */
export const consentFor = ({ key, verdict }: CheckedKey): string =>
  `${verdict.fault ?? ''} ${key.public_key}`;

/** Whether a key may be encrypted to: by a trusted signer, or the user has agreed to its very fault. */
export const isAgreed = (found: CheckedKey, trusted: readonly string[], consent: string): boolean =>
  trustOf(found, trusted) === 'trusted' || (found.verdict.fault !== null && consentFor(found) === consent);

interface Words {
  tone: 'good' | 'notice' | 'alarm';
  title: string;
  text: string;
  /** What the user says of the signer, or of this one key. */
  consent: string;
}

const HARM = 'Whoever made this key could read every value.';

export const trustWords: Record<Trust, Words> = {
  trusted: {
    tone: 'good',
    title: 'Signed by a KMS that you trust',
    text: 'Values are encrypted in this browser, to a key that only VMs of this application get from the KMS.',
    consent: 'Trust this signer',
  },
  first: {
    tone: 'notice',
    title: 'Is this your KMS?',
    text: 'The key is signed, and this browser sees the signer for the first time. Compare it with what the operator of your KMS has published: a host that is not honest could sign a key of its own.',
    consent: 'I have compared it. Trust this signer from now on.',
  },
  other: {
    tone: 'alarm',
    title: 'Signed by somebody else than before',
    text: `The signer is none of those that you have trusted in this browser. If nobody has told you of a new KMS, stop here. ${HARM}`,
    consent: 'I have compared it. Trust this signer, too.',
  },
  missing: {
    tone: 'alarm',
    title: 'The key is not signed',
    text: `Nothing shows that it comes from the KMS. ${HARM}`,
    consent: 'Encrypt to this key all the same, this time.',
  },
  invalid: {
    tone: 'alarm',
    title: 'The key’s signature is wrong',
    text: `It is no signature of this key for this application. ${HARM}`,
    consent: 'Encrypt to this key all the same, this time.',
  },
  disagree: {
    tone: 'alarm',
    title: 'The key’s two signatures are of different signers',
    text: `A KMS signs each key twice, with one key of its own. ${HARM}`,
    consent: 'Encrypt to this key all the same, this time.',
  },
  stale: {
    tone: 'alarm',
    title: 'The key’s signature is not fresh',
    text: `It was not made within the last five minutes, or it says no time: it may be a recording of an earlier answer. The clock of this computer or of the KMS may also be wrong.`,
    consent: 'Encrypt to this key all the same, this time.',
  },
};
