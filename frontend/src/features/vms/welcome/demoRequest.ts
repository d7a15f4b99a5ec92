import type { ImageRow } from '@/api/image';
import type { RequestOf } from '@/api/methods';

export type DemoRequest = RequestOf<'CreateVm'> & { name: string; compose_file: string };

const DEMO_IMAGE = 'dstack-demo-';

const compose = {
  manifest_version: 2,
  name: 'demo',
  runner: 'docker-compose',
  docker_compose_file: 'services:\n  web:\n    image: nginx\n',
};

/** The newest demo image that can be used; the installation builds one. */
export function demoImage(images: readonly ImageRow[]): ImageRow | undefined {
  return images.findLast(
    ({ name, problem, deleting }) => name.startsWith(DEMO_IMAGE) && !problem && !deleting,
  );
}

/** A small VM of the demo image; its web page is at the host's port, or nowhere without one. */
export function demoRequest(image: Pick<ImageRow, 'name' | 'supports'>, port: number | null): DemoRequest {
  return {
    name: 'demo',
    image: image.name,
    // The text is the application's identity: its hash is what a guest attests, so it travels as one string.
    compose_file: JSON.stringify(compose),
    vcpu: 1,
    memory: 512,
    disk_size: 1,
    // A confidential VM takes an image that is made for it.
    ...(image.supports.length === 0 ? { no_tee: true } : {}),
    ports: port === null ? [] : [{ protocol: 'tcp', host_port: port, vm_port: 80 }],
  };
}

/** The request as a command to paste into a shell on the host; whoever must log in puts a token into it. */
export function demoCommand(origin: string, request: DemoRequest, needsToken: boolean): string {
  // Inside '…' a shell takes everything as it is, except a quote of the same kind.
  const lines = Object.entries(request).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`);
  const body = `{\n${lines.join(',\n')}\n}`.replaceAll("'", String.raw`'\''`);
  const token = needsToken ? ` -H "Authorization: Bearer $VMM_TOKEN"` : '';
  return `curl -sS ${origin}/prpc/CreateVm${token} -H 'Content-Type: application/json' -d '${body}'`;
}
