/** What can be looked at on the page of a VM, in the order of its tabs. */
export const tabs = [
  { to: '/vms/$id/overview', label: 'Overview' },
  { to: '/vms/$id/logs', label: 'Logs' },
] as const;
