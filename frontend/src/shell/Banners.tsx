import { LockOpen, ShieldAlert, Unplug } from 'lucide-react';
import { Banner } from '@/components/ui/Banner';
import { useNode } from '@/live/useLive';
import { ConnectionBanner } from './ConnectionBanner';

/** What every visitor must know for as long as it is so. */
export function Banners() {
  const node = useNode();
  return (
    <>
      {node?.insecure && (
        <Banner tone="alarm" label="Open to everybody" icon={<LockOpen size={16} aria-hidden />}>
          Nobody has to log in here, and other hosts can connect: whoever reaches this server owns the host.
        </Banner>
      )}
      {!window.isSecureContext && (
        <Banner tone="notice" label="Unencrypted connection" icon={<Unplug size={16} aria-hidden />}>
          This page came over plain http: others on the way can read along, and the browser withholds its
          cryptography and clipboard. Open it by https, or on the host itself as http://localhost.
        </Banner>
      )}
      {node?.notice && (
        <Banner tone="notice" label="About this host" icon={<ShieldAlert size={16} aria-hidden />}>
          {node.notice}
        </Banner>
      )}
      <ConnectionBanner />
    </>
  );
}
