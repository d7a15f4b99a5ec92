import { NativeSelect } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ImageRow, PullRow, Support } from '@/api/image';
import { Empty } from '@/components/ui/Empty';
import { shorten } from '@/lib/shorten';
import { useFleetImages, usePulls } from '@/live/useLive';
import { useDeploy } from '../deployContext';
import { Group } from '../Group';
import { imagesOf } from '../imagesOf';
import classes from './Machine.module.css';

const supportWords: Record<Support, string> = {
  tdx: 'Intel TDX',
  'tdx-lite': 'Intel TDX, lite',
  'amd-sev-snp': 'AMD SEV-SNP',
};

/** The guest image: kernel and system that the VM starts from. */
export function ImageChoice() {
  const { form, setForm, host, errorOf } = useDeploy();
  const pulls = usePulls();
  const pulling = (pulls ?? []).filter(({ state }) => state !== 'done' && state !== 'failed');
  const all = useFleetImages() ?? [];
  const images = form.node === '' ? host.images : imagesOf(all, form.node);
  const chosen = images.find(({ name }) => name === form.image);
  const isUnknown = form.image !== '' && !chosen;
  return (
    <Group
      title="Image"
      text="Kernel and system that the VM starts from. Only images that this host has can be chosen."
    >
      {images.length === 0 ? (
        <Empty
          title="This host has no image yet"
          action={
            <Link to="/images" className={classes.link}>
              Get one from the registry
            </Link>
          }
        >
          No VM can be made without one. What you have filled in here stays.
        </Empty>
      ) : (
        <NativeSelect
          aria-label="Image"
          error={errorOf('image')}
          value={form.image}
          onChange={({ currentTarget }) => setForm({ image: currentTarget.value })}
        >
          {form.image === '' && <option value="">Choose an image</option>}
          {isUnknown && <option value={form.image}>{form.image} (not on this host)</option>}
          {images.map((image) => (
            <option key={image.name} value={image.name} disabled={image.problem !== '' || image.deleting}>
              {optionText(image)}
            </option>
          ))}
        </NativeSelect>
      )}
      {chosen && <Chosen image={chosen} />}
      {pulling.map((pull) => (
        <p key={pull.tag} className={classes.hint}>
          {pullText(pull)} <Link to="/images">Images</Link>
        </p>
      ))}
    </Group>
  );
}

function Chosen({ image }: { image: ImageRow }) {
  const support = image.supports.map((each) => supportWords[each]);
  return (
    <p className={classes.hint}>
      {image.version && `Version ${image.version}. `}
      {support.length > 0 ? `Can be verified on ${support.join(', ')}. ` : 'For VMs without a TEE only. '}
      {image.is_dev && 'For development: it lets people log in, so nothing in it is secret. '}
      {image.digest && (
        <>
          Digest <code title={image.digest}>{shorten(image.digest, 16)}</code>
        </>
      )}
    </p>
  );
}

function optionText(image: ImageRow): string {
  if (image.problem) return `${image.name} (can’t be used: ${image.problem})`;
  if (image.deleting) return `${image.name} (is being deleted)`;
  return image.is_dev ? `${image.name} (for development)` : image.name;
}

function pullText({ name, bytes_done, bytes_total }: PullRow): string {
  const share = bytes_total > 0 ? `, ${Math.floor((bytes_done / bytes_total) * 100)} %` : '';
  return `${name} is being pulled${share}: it can be chosen as soon as it is there.`;
}
