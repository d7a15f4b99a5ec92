/** A docker-compose file to begin with. */
export interface Template {
  name: string;
  title: string;
  text: string;
  compose: string;
  /** Names of variables that it takes. */
  variables: readonly string[];
  /** Ports in the VM that somebody wants to reach. */
  ports: readonly number[];
  /** MB; what it needs at least. */
  memory: number;
}

export const templates: readonly Template[] = [
  {
    name: 'hello',
    title: 'Web page',
    text: 'A web server that says hello. The quickest way to see a VM work.',
    compose: `services:
  web:
    image: nginx
    ports:
      - "80:80"
    restart: always
`,
    variables: [],
    ports: [80],
    memory: 1_024,
  },
  {
    name: 'shop',
    title: 'Web application and database',
    text: 'Two services, a volume that outlives restarts, and a password that only the VM can read.',
    compose: `services:
  web:
    image: ghcr.io/example/web:1.0.0
    ports:
      - "8080:8080"
    environment:
      DATABASE_URL: postgres://app:\${DATABASE_PASSWORD}@database:5432/app
    depends_on:
      - database
    restart: always
  database:
    image: postgres:17
    environment:
      POSTGRES_USER: app
      POSTGRES_DB: app
      POSTGRES_PASSWORD: \${DATABASE_PASSWORD}
    volumes:
      - data:/var/lib/postgresql/data
    restart: always
volumes:
  data: {}
`,
    variables: ['DATABASE_PASSWORD'],
    ports: [8_080],
    memory: 4_096,
  },
  {
    name: 'model',
    title: 'Language model on a GPU',
    text: 'An API that speaks to a model, on GPUs that you choose in the step “Machine”.',
    compose: `services:
  vllm:
    image: vllm/vllm-openai:v0.11.0
    command: --model Qwen/Qwen3-8B
    ports:
      - "8000:8000"
    environment:
      HUGGING_FACE_HUB_TOKEN: \${HUGGING_FACE_HUB_TOKEN}
    runtime: nvidia
    volumes:
      - models:/root/.cache/huggingface
    restart: always
volumes:
  models: {}
`,
    variables: ['HUGGING_FACE_HUB_TOKEN'],
    ports: [8_000],
    memory: 32_768,
  },
  {
    name: 'attest',
    title: 'Application that proves itself',
    text: 'Mounts the socket by which a service asks its VM for quotes and keys.',
    compose: `services:
  app:
    image: ghcr.io/example/app:1.0.0
    ports:
      - "8080:8080"
    volumes:
      - /var/run/dstack.sock:/var/run/dstack.sock
    restart: always
`,
    variables: [],
    ports: [8_080],
    memory: 2_048,
  },
];
