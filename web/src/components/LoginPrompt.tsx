// SPDX-License-Identifier: Apache-2.0
// Asks for a token when weir wants to know who is there, and exchanges it for a session (api/session.ts).
import { Button, Modal, PasswordInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { logIn } from "../api/session";
import { useConnection } from "../app/live_context";

export function LoginPrompt() {
  const { state } = useConnection();
  const [token, setToken] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await logIn(token.trim());
      setRefusal(null);
    } catch (error) {
      setRefusal((error as Error).message);
    }
    setToken("");
    setBusy(false);
  };
  return (
    <Modal
      opened={state === "unauthorized"}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      centered
      title="Log in to weir"
    >
      <form onSubmit={(event) => void submit(event)}>
        <p className="soft">
          Whoever runs this weir makes a token for you with <code className="mono">weir user add NAME</code>.
          You stay logged in until you log out, or for a week.
        </p>
        <PasswordInput
          label="API token"
          mt="md"
          data-autofocus
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={token === "" ? refusal : null}
        />
        <Button type="submit" mt="md" fullWidth loading={busy} disabled={token.trim() === ""}>
          Log in
        </Button>
      </form>
    </Modal>
  );
}
