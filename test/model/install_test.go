package model

import (
	"net/http"
)

// phones are the installations that sessions may name at login.
var phones = []string{"phone-1", "phone-2", "phone-3", "phone-4"}

// install draws an installation, mostly none.
func (w *world) install() string {
	if w.chance(70) {
		return ""
	}
	return oneOf(w, phones)
}

// unbind ends that an installation is a user's, mostly of whom it is.
func (w *world) unbind() change {
	phone, user := oneOf(w, phones), w.user()
	users := []string{user}
	if owner := w.model.installs[phone]; owner != "" {
		users = append(users, owner)
		user = oneOf(w, users)
	}
	return change{
		what: "unbind", method: http.MethodDelete, path: "/ctx/" + user + "/installs/" + phone, status: http.StatusNoContent,
		users: users,
		apply: func() {
			if w.model.installs[phone] == user {
				w.model.installs[phone] = ""
			}
		},
	}
}
