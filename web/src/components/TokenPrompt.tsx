// SPDX-License-Identifier: Apache-2.0
// Asks for an API token when weir wants one. The token stays in this tab (api/token.ts).
import { Button, Modal, PasswordInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { keepToken, readToken } from "../api/token";
import { useConnection } from "../app/live_context";

export function TokenPrompt() {
  const { state } = useConnection();
  const [token, setToken] = useState("");
  const refused = readToken() !== null;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const trimmed = token.trim();
    if (trimmed === "") return;
    keepToken(trimmed);
    setToken("");
  };
  return (
    <Modal
      opened={state === "unauthorized"}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      centered
      title="This weir wants a token"
    >
      <form onSubmit={submit}>
        <p className="soft">
          Ask whoever runs it for one; they make it with <code className="mono">weir user add NAME</code>. It
          is kept in this tab only, until the tab is closed.
        </p>
        <PasswordInput
          label="API token"
          mt="md"
          data-autofocus
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={refused && token === "" ? "weir does not know this token. Is it complete?" : null}
        />
        <Button type="submit" mt="md" fullWidth disabled={token.trim() === ""}>
          Continue
        </Button>
      </form>
    </Modal>
  );
}
