import { useVms } from '@/live/useLive';
import { withFields } from '../../compose/appCompose';
import { useDeploy } from '../deployContext';
import { envRow } from '../environment';
import type { PortField } from '../form';
import { freePort, takenPorts } from '../freePort';
import type { Template } from '../templates';

/** Fills in what a template brings: its file, a name, memory, the names of its variables and ports that lead to it. */
export function useTemplate(): (template: Template) => void {
  const { form, setForm, setEnv, env, host } = useDeploy();
  const vms = useVms();
  return (template) => {
    const ports: PortField[] = [...form.ports];
    for (const vm_port of template.ports) {
      const taken = takenPorts(vms?.values() ?? [], ports);
      const host_port = freePort(host.node.port_rules, taken, 'tcp');
      if (host_port !== null) ports.push({ protocol: 'tcp', host_address: '', host_port, vm_port });
    }
    setForm({
      name: form.name || template.name,
      compose: withFields(form.compose, { docker_compose_file: template.compose }),
      memory: Math.max(Number(form.memory), template.memory),
      ports,
    });
    if (template.variables.length > 0)
      setEnv([...env, ...template.variables.map((name) => envRow(name, ''))]);
  };
}
