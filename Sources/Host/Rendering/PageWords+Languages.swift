extension PageWords {
  static let english = PageWords(
    notebooks: "Notebooks", moreNotebooks: "More", noNotebooks: "There are no notebooks yet.", allPages: "All pages",
    skip: "Skip to the text", contents: "Contents", previous: "Previous", next: "Next", pageOrder: "Previous and next page",
    edit: "Edit this page", source: "Source", download: "Download", data: "Data",
    search: "Search", searchHint: "Search this site", searchNothing: "Nothing was found.",
    searchFailed: "The index of the search cannot be loaded.", searchResults: Counted("# result", "# results"),
    colours: "Colours: #", coloursOfSystem: "as the system", coloursLight: "light", coloursDark: "dark",
    parameters: "Parameters", linkToSection: "Link to this section", computedOn: "Models computed on #.",
    processor: "the processor", didNotRunThrough: "This notebook did not run through.", cellFailed: "Cell # failed",
    andMore: Counted("and # more", "and # more"), cellsDidNotRun: Counted("One cell did not run.", "# cells did not run."),
    notRun: "Not run.", meantToFail: "This cell is meant to fail.", code: "Code", lines: Counted("# line", "# lines"),
    cells: Counted("# cell", "# cells"), stopped: "Did not run through", cellsFailed: "{failed} of {cells} cells failed")

  static let german = PageWords(
    notebooks: "Notebooks", moreNotebooks: "Weitere", noNotebooks: "Noch gibt es keine Notebooks.", allPages: "Alle Seiten",
    skip: "Zum Text springen", contents: "Inhalt", previous: "Zurück", next: "Weiter",
    pageOrder: "Vorige und nächste Seite", edit: "Diese Seite bearbeiten", source: "Quelltext", download: "Herunterladen",
    data: "Daten", search: "Suche", searchHint: "Diese Website durchsuchen", searchNothing: "Nichts gefunden.",
    searchFailed: "Das Verzeichnis der Suche lässt sich nicht laden.",
    searchResults: Counted("# Treffer", "# Treffer"), colours: "Farben: #", coloursOfSystem: "wie das System",
    coloursLight: "hell", coloursDark: "dunkel", parameters: "Parameter", linkToSection: "Link zu diesem Abschnitt",
    computedOn: "Die Modelle rechneten auf: #.", processor: "Prozessor",
    didNotRunThrough: "Dieses Notebook lief nicht bis zum Ende.", cellFailed: "Zelle # ist gescheitert",
    andMore: Counted("und # weitere", "und # weitere"),
    cellsDidNotRun: Counted("Eine Zelle lief nicht.", "# Zellen liefen nicht."), notRun: "Nicht ausgeführt.",
    meantToFail: "Diese Zelle soll scheitern.", code: "Code", lines: Counted("# Zeile", "# Zeilen"),
    cells: Counted("# Zelle", "# Zellen"), stopped: "Lief nicht bis zum Ende",
    cellsFailed: "{failed} von {cells} Zellen gescheitert")

  static let french = PageWords(
    notebooks: "Carnets", moreNotebooks: "Autres", noNotebooks: "Il n’y a pas encore de carnet.",
    allPages: "Toutes les pages", skip: "Aller au texte", contents: "Sommaire", previous: "Précédent", next: "Suivant",
    pageOrder: "Pages précédente et suivante", edit: "Modifier cette page", source: "Source", download: "Télécharger",
    data: "Données", search: "Recherche", searchHint: "Rechercher sur ce site", searchNothing: "Aucun résultat.",
    searchFailed: "L’index de la recherche ne peut pas être chargé.", searchResults: Counted("# résultat", "# résultats"),
    colours: "Couleurs : #", coloursOfSystem: "celles du système", coloursLight: "claires", coloursDark: "sombres",
    parameters: "Paramètres", linkToSection: "Lien vers cette section", computedOn: "Modèles calculés sur : #.",
    processor: "processeur", didNotRunThrough: "Ce carnet ne s’est pas exécuté jusqu’au bout.",
    cellFailed: "La cellule # a échoué", andMore: Counted("et # autre", "et # autres"),
    cellsDidNotRun: Counted("Une cellule n’a pas été exécutée.", "# cellules n’ont pas été exécutées."),
    notRun: "Non exécutée.", meantToFail: "Cette cellule doit échouer.", code: "Code", lines: Counted("# ligne", "# lignes"),
    cells: Counted("# cellule", "# cellules"), stopped: "Exécution interrompue",
    cellsFailed: "{failed} cellules sur {cells} en échec")

  static let spanish = PageWords(
    notebooks: "Cuadernos", moreNotebooks: "Otros", noNotebooks: "Todavía no hay cuadernos.",
    allPages: "Todas las páginas", skip: "Ir al texto", contents: "Contenido", previous: "Anterior", next: "Siguiente",
    pageOrder: "Página anterior y siguiente", edit: "Editar esta página", source: "Fuente", download: "Descargar",
    data: "Datos", search: "Buscar", searchHint: "Buscar en este sitio", searchNothing: "No se ha encontrado nada.",
    searchFailed: "No se puede cargar el índice de la búsqueda.", searchResults: Counted("# resultado", "# resultados"),
    colours: "Colores: #", coloursOfSystem: "los del sistema", coloursLight: "claros", coloursDark: "oscuros",
    parameters: "Parámetros", linkToSection: "Enlace a esta sección", computedOn: "Los modelos se calcularon en: #.",
    processor: "el procesador", didNotRunThrough: "Este cuaderno no se ejecutó hasta el final.",
    cellFailed: "La celda # ha fallado", andMore: Counted("y # más", "y # más"),
    cellsDidNotRun: Counted("Una celda no se ejecutó.", "# celdas no se ejecutaron."), notRun: "No ejecutada.",
    meantToFail: "Esta celda debe fallar.", code: "Código", lines: Counted("# línea", "# líneas"),
    cells: Counted("# celda", "# celdas"), stopped: "No se ejecutó hasta el final",
    cellsFailed: "{failed} de {cells} celdas con errores")

  static let chinese = PageWords(
    notebooks: "笔记本", moreNotebooks: "其他", noNotebooks: "还没有笔记本。", allPages: "所有页面", skip: "跳到正文",
    contents: "目录", previous: "上一页", next: "下一页", pageOrder: "上一页和下一页", edit: "编辑此页", source: "源文件",
    download: "下载", data: "数据", search: "搜索", searchHint: "搜索本站", searchNothing: "没有找到结果。",
    searchFailed: "无法加载搜索索引。", searchResults: Counted("# 个结果", "# 个结果"), colours: "配色：#",
    coloursOfSystem: "跟随系统", coloursLight: "浅色", coloursDark: "深色", parameters: "参数", linkToSection: "本节链接",
    computedOn: "模型运行于#。", processor: "处理器", didNotRunThrough: "此笔记本没有完整运行。",
    cellFailed: "单元 # 失败", andMore: Counted("另外 # 个", "另外 # 个"),
    cellsDidNotRun: Counted("有一个单元没有运行。", "有 # 个单元没有运行。"), notRun: "未运行。", meantToFail: "此单元应当失败。",
    code: "代码", lines: Counted("# 行", "# 行"), cells: Counted("# 个单元", "# 个单元"),
    stopped: "没有完整运行", cellsFailed: "{cells} 个单元中有 {failed} 个失败")
}
