import { useStored } from '@/hooks/useStored';

const isSigners = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && /^0x[0-9a-f]{66}$/.test(each));

/**
 * The KMS signers that this browser's user has said to trust: compressed public keys, hex. Any signature is by
 * somebody; only a signer that is known from elsewhere makes it worth something.
 */
export function useTrustedSigners(): [readonly string[], (signer: string, isTrusted: boolean) => void] {
  const [signers, setSigners] = useStored<readonly string[]>('vmm.kmsSigners', [], isSigners);
  const trust = (signer: string, isTrusted: boolean) => {
    const others = signers.filter((each) => each !== signer);
    setSigners(isTrusted ? [...others, signer] : others);
  };
  return [signers, trust];
}
