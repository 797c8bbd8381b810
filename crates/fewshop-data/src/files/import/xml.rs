//! Product feeds in XML (RSS or Atom, as Google Merchant Center takes them) as tables.

use std::path::Path;

use quick_xml::Reader as XmlReader;
use quick_xml::events::Event;

use crate::files::error::shorten;
use crate::files::table::{Header, Reader, RowPosition, TableRow};
use crate::files::{FileError, Place};

/// One product: its line, and its fields with their names.
type Product = (u64, Vec<(String, String)>);

/// Reads the elements `item`, `entry` or `product`, each a row; their children are the columns,
/// without prefixes such as `g:`. Of a child that occurs several times the first is taken.
pub(crate) fn read(
    path: &Path,
    text: &[u8],
    reader: &mut Reader<'_, '_>,
) -> Result<Header, FileError> {
    let products = products(path, text)?;
    let mut names: Vec<String> = Vec::new();
    for (name, _) in products.iter().flat_map(|(_, fields)| fields) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if products.is_empty() {
        return Err(FileError::Format {
            path: path.to_owned(),
            found: "XML without products".to_owned(),
            expected: "a product feed with elements 'item' or 'entry'".to_owned(),
            advice: "export the feed as Google Merchant Center takes it".to_owned(),
        });
    }
    let header = (reader.start)(names.clone(), &[])?.header;
    for (line, fields) in &products {
        let cells: Vec<String> = names
            .iter()
            .map(|name| {
                let field = fields.iter().find(|(other, _)| other == name);
                field.map(|(_, text)| text.clone()).unwrap_or_default()
            })
            .collect();
        let row = TableRow::made(path, &header, &cells, RowPosition::Line(*line));
        (reader.each)(&header, &row)?;
    }
    Ok(header)
}

fn local(name: &str) -> String {
    let local = name.rsplit(':').next().unwrap_or(name);
    local.to_ascii_lowercase()
}

fn products(path: &Path, text: &[u8]) -> Result<Vec<Product>, FileError> {
    let mut xml = XmlReader::from_reader(text);
    let (mut products, mut product): (Vec<Product>, Option<Product>) = (Vec::new(), None);
    // Names of the elements below the product.
    let mut open: Vec<String> = Vec::new();
    let mut value = String::new();
    let (mut line, mut counted) = (1u64, 0usize);
    let mut buffer = Vec::new();
    loop {
        let event = xml.read_event_into(&mut buffer);
        let at = usize::try_from(xml.buffer_position())
            .unwrap_or(text.len())
            .min(text.len());
        let here = line;
        line += text[counted.min(at)..at]
            .iter()
            .filter(|&&b| b == b'\n')
            .count() as u64;
        counted = at;
        let bad = |message: String| FileError::Field {
            path: path.to_owned(),
            place: Place::Line(here),
            field: String::new(),
            found: shorten(&message).into(),
            expected: "well-formed XML".into(),
            advice: "export the feed again".into(),
        };
        match event.map_err(|error| bad(error.to_string()))? {
            Event::Start(start) => {
                let name = local(start.name().as_ref());
                if product.is_some() {
                    open.push(name);
                    if open.len() == 1 {
                        value.clear();
                    }
                } else if matches!(name.as_str(), "item" | "entry" | "product") {
                    product = Some((line, Vec::new()));
                }
            }
            Event::Empty(start) => {
                // Atom: <link href="…"/>
                if let Some((_, fields)) = &mut product
                    && open.is_empty()
                {
                    let href = start
                        .attributes()
                        .flatten()
                        .find(|attribute| attribute.key.as_ref() == "href")
                        .map(|attribute| attribute.value.into_owned());
                    push(
                        fields,
                        local(start.name().as_ref()),
                        href.unwrap_or_default(),
                    );
                }
            }
            Event::Text(part) if product.is_some() => {
                value.push_str(&part);
            }
            Event::GeneralRef(part) if product.is_some() => {
                value.push('&');
                value.push_str(&part);
                value.push(';');
            }
            Event::CData(part) if product.is_some() => {
                value.push_str(&part);
            }
            Event::End(_) => match open.pop() {
                Some(name) => {
                    if open.is_empty()
                        && let Some((_, fields)) = &mut product
                    {
                        let text = super::words::unescaped(value.trim()).into_owned();
                        push(fields, name, text);
                        value.clear();
                    }
                }
                None => products.extend(product.take()),
            },
            Event::Eof => {
                if product.is_some() {
                    return Err(bad("the end of the file inside a product".to_owned()));
                }
                return Ok(products);
            }
            _ => {}
        }
        buffer.clear();
    }
}

fn push(fields: &mut Vec<(String, String)>, name: String, value: String) {
    if !fields.iter().any(|(other, _)| *other == name) {
        fields.push((name, value));
    }
}
