package example.plimsoll.harbour.web;

record Health(String status, String release) {}
