//! Who may do what with records: one table, held against the database, the server functions, and the
//! JSON API with the forms.

mod by_api;
mod by_database;
mod by_server_function;
mod over_http;
mod table;
