"""Which model servers are up and what they hold: asked (`asking`), read (`listings`), told apart (`probing`)."""
