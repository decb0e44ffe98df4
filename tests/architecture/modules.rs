//! Which module names which: every `crate::`, `super::` and `self::` path of a crate, resolved to a file.

use std::collections::{BTreeMap, BTreeSet};

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Macro, Token, UseTree};

use crate::files::File;

/// The path of a module or an item within the crate; empty for the crate's root.
pub(crate) type Path = Vec<String>;

/// What a file names, and what it imports or re-exports.
#[derive(Default)]
struct Module {
    named: BTreeSet<Path>,
    imports: BTreeMap<String, Path>,
}

/// The modules of a crate, one for each file, without tests.
pub(crate) struct Modules(BTreeMap<Path, Module>);

impl Modules {
    /// Reads the files of the crate in `folder`, except binaries, which may name everything and cannot be named.
    pub(crate) fn of(folder: &str, files: &[File]) -> Self {
        let mut syntax = BTreeMap::new();
        for File { path, text } in files {
            let inside = path.trim_start_matches(folder).trim_start_matches('/');
            if inside == "main.rs" || inside.starts_with("bin/") {
                continue;
            }
            let inside = inside.trim_end_matches(".rs").split('/');
            let module: Path = match inside.map(str::to_owned).collect::<Path>() {
                root if root == ["lib"] => Path::new(),
                module => module,
            };
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            syntax.insert(module, file);
        }
        let tests: BTreeSet<Path> = syntax
            .iter()
            .flat_map(|(module, file)| test_modules(module, file))
            .collect();
        syntax.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        let known: BTreeSet<Path> = syntax.keys().cloned().collect();
        let modules = syntax.iter().map(|(path, file)| {
            let mut reader = Reader {
                known: &known,
                here: path.clone(),
                module: Module::default(),
            };
            reader.visit_file(file);
            (path.clone(), reader.module)
        });
        Self(modules.collect())
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys()
    }

    /// All pairs of a module and another that it names, except pairs of a module and its own child or parent.
    ///
    /// Parents and children may name each other: a parent declares types that its children use, and calls them. Items that
    /// the parent only re-exports count as the child's.
    pub(crate) fn edges(&self) -> BTreeSet<(&Path, Path)> {
        let mut edges = BTreeSet::new();
        for (from, module) in &self.0 {
            for named in &module.named {
                let to = self.resolve(named, 0);
                if !from.starts_with(&to) && !to.starts_with(from) {
                    edges.insert((from, to));
                }
            }
        }
        edges
    }

    /// The module that declares an item, found through imports and re-exports.
    fn resolve(&self, named: &[String], hops: usize) -> Path {
        let mut module = Path::new();
        for (index, segment) in named.iter().enumerate() {
            let mut child = module.clone();
            child.push(segment.clone());
            if self.0.contains_key(&child) {
                module = child;
                continue;
            }
            let import = self.0.get(&module).and_then(|it| it.imports.get(segment));
            if let Some(import) = import.filter(|_| hops < 8) {
                let target = [import, &named[index + 1..]].concat();
                return self.resolve(&target, hops + 1);
            }
            break;
        }
        module
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "test")
    })
}

/// The modules that a file declares only for tests.
fn test_modules(module: &Path, file: &syn::File) -> Vec<Path> {
    let tests = file.items.iter().filter_map(|item| match item {
        Item::Mod(child) if is_test(&child.attrs) => Some(child.ident.to_string()),
        _ => None,
    });
    tests
        .map(|child| [module.as_slice(), &[child]].concat())
        .collect()
}

struct Reader<'a> {
    known: &'a BTreeSet<Path>,
    /// The current module: the file, or an inline module in it.
    here: Path,
    module: Module,
}

impl Reader<'_> {
    /// A path in the code, made absolute within the crate; `None` if it is of another crate.
    fn absolute(&self, segments: &[String]) -> Option<Path> {
        let (mut base, rest) = match segments.first()?.as_str() {
            "crate" => (Path::new(), &segments[1..]),
            "self" | "super" => (self.here.clone(), segments),
            first => {
                let child = [self.here.as_slice(), &[first.to_owned()]].concat();
                return self
                    .known
                    .contains(&child)
                    .then(|| [self.here.as_slice(), segments].concat());
            }
        };
        let mut rest = rest.iter().peekable();
        while let Some(word) = rest.next_if(|word| *word == "self" || *word == "super") {
            if word == "super" {
                base.pop();
            }
        }
        base.extend(rest.cloned());
        Some(base)
    }

    fn import(&mut self, tree: &UseTree, mut before: Path) {
        let (last, name) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                return self.import(&path.tree, before);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before.clone());
                }
                return;
            }
            UseTree::Glob(_) => (None, None),
            UseTree::Name(name) => (Some(name.ident.to_string()), None),
            UseTree::Rename(rename) => (
                Some(rename.ident.to_string()),
                Some(rename.rename.to_string()),
            ),
        };
        before.extend(last.filter(|last| last != "self"));
        let Some(path) = self.absolute(&before) else {
            return;
        };
        if let Some(name) = name.or_else(|| before.last().cloned()) {
            self.module.imports.insert(name, path.clone());
        }
        self.module.named.insert(path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.here.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.here.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, Path::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter();
        let segments: Path = segments.map(|segment| segment.ident.to_string()).collect();
        if path.leading_colon.is_none() && segments.len() > 1 {
            let named = self.absolute(&segments);
            self.module.named.extend(named);
        }
        visit::visit_path(self, path);
    }

    /// The arguments of most macros are expressions.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(expressions) = list.parse2(call.tokens.clone()) {
            for expression in &expressions {
                visit::visit_expr(self, expression);
            }
        }
    }
}
