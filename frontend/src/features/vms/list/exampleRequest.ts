const compose = {
  manifest_version: 2,
  name: 'hello',
  runner: 'docker-compose',
  docker_compose_file: 'services:\n  web:\n    image: nginx\n',
};

/** A CreateVm request that works as it stands wherever the demo image is installed. */
export const exampleRequest = {
  name: 'hello',
  image: 'dstack-demo-0.5.0',
  // The text is the application's identity: its hash is what a guest attests, so it travels as one string.
  compose_file: JSON.stringify(compose),
  vcpu: 1,
  memory: 512,
  disk_size: 1,
  ports: [{ protocol: 'tcp', host_address: '127.0.0.1', host_port: 8080, vm_port: 80 }],
};

/** The request as a command to paste into a shell on the host. */
export function exampleCommand(origin: string): string {
  // Inside '…' a shell takes everything as it is, except a quote of the same kind.
  const lines = Object.entries(exampleRequest).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`);
  const body = `{\n${lines.join(',\n')}\n}`
    .replace('[{', '[\n    {')
    .replace('}]', '}\n  ]')
    .replaceAll("'", String.raw`'\''`);
  return `curl -sS ${origin}/prpc/CreateVm -H 'Content-Type: application/json' -d '${body}'`;
}
