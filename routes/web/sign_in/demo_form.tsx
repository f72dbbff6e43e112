import type { JSX } from "hono/jsx/jsx-runtime";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES } from "../pages.ts";

interface DemoFormProps {
  readonly view: View;
  /** Where the visitor is led afterwards. */
  readonly returnTo: string;
}

/** In development: a button that signs in as the demo user. */
export function DemoForm({ view, returnTo }: DemoFormProps): JSX.Element {
  const { signIn } = view.texts;
  return (
    <Form
      view={view}
      action={PAGES.signInDemo.path}
      class="note dev"
      hidden={{ return_to: returnTo }}
    >
      <SubmitButton>{signIn.demo}</SubmitButton>
      <p class="small">{signIn.demoHint}</p>
    </Form>
  );
}
