/** The steps of a deployment, in their order. Any of them can be gone to at any time. */
export const steps = ['application', 'environment', 'machine', 'network', 'review'] as const;

export type Step = (typeof steps)[number];

export const stepTitles: Record<Step, string> = {
  application: 'Application',
  environment: 'Environment',
  machine: 'Machine',
  network: 'Network',
  review: 'Review',
};

export const isStep = (value: unknown): value is Step => steps.some((step) => step === value);

/** Where each field of CreateVm is asked for. */
const places: Record<string, Step> = {
  name: 'application',
  compose_file: 'application',
  app_id: 'application',
  user_config: 'application',
  encrypted_env: 'environment',
  kms_urls: 'environment',
  node: 'machine',
  image: 'machine',
  vcpu: 'machine',
  memory: 'machine',
  disk_size: 'machine',
  gpus: 'machine',
  hugepages: 'machine',
  pin_numa: 'machine',
  no_tee: 'machine',
  simulated_tee: 'machine',
  ports: 'network',
  networks: 'network',
  networking: 'network',
  gateway_urls: 'network',
};

/** A thing that is wrong, or worth knowing, of a field of CreateVm; of none in particular where `field` is empty. */
export interface Remark {
  field: string;
  message: string;
}

/** The step in which a field is asked for; what belongs to none is for the review. */
export const stepOf = (field: string): Step => places[field.split(/[.[]/)[0] ?? ''] ?? 'review';

/** The remark's words without the field's name before them: it stands beside that field. */
export const besideField = ({ field, message }: Remark): string => {
  const prefix = new RegExp(`^${field.replace(/[^\w]/g, '\\$&')}[\\w.[\\]]*: `);
  const said = field === '' ? message : message.replace(prefix, '');
  // Protocols are written small, wherever they stand.
  return /^(tcp|udp)\b/.test(said) ? said : said.charAt(0).toUpperCase() + said.slice(1);
};

/** Of a list's remarks those about one entry: `ports[1].host_port: …` is about the second. */
export const aboutEntry = (remark: Remark, index: number): boolean =>
  remark.message.startsWith(`${remark.field}[${index}]`);

/** Whether a remark is about a list as a whole. */
export const aboutNoEntry = (remark: Remark): boolean => !remark.message.startsWith(`${remark.field}[`);
